"""The section `tuning` of params.yaml: how settings of training are searched for, and where."""

import json
import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from timeshare.core.config.base import Count, PositiveInt, Settings
from timeshare.core.config.mistakes import said
from timeshare.train.settings import TrainSettings

Value = bool | int | float | str | None

_STOPPING = "all trials have the same budget and rules of stopping"
_SPEED = "it decides how fast a fit is, and not what it can learn"
# Keys of `training` that every trial has as they stand, and why.
UNTUNABLE = {
    **dict.fromkeys(("max_epochs", "max_steps", "patience", "patience_steps", "stop", "stop_at_loss"), _STOPPING),
    **dict.fromkeys(("compile", "pool", "tokens_per_batch"), _SPEED),
    **dict.fromkeys(("vectors", "freeze_vectors"), "all trials begin with the same word vectors"),
    "select": "it is what trials are compared by",
}
TUNABLE = tuple(key for key in TrainSettings.model_fields if key not in UNTUNABLE)
# What Optuna keeps trials in beside files of its own.
_DATABASE = re.compile(r"(sqlite|postgresql|mysql)(\+\w+)?://.+", re.DOTALL)


class Dimension(Settings):
    """The values that a key may take: a range, or a list."""

    low: int | float | None = Field(default=None, description="smallest value")
    high: int | float | None = Field(default=None, description="largest value")
    log: bool = Field(default=False, description="draw the logarithm evenly instead of the value")
    choices: tuple[Value, ...] | None = Field(default=None, min_length=1, description="the values, each as likely")

    @model_validator(mode="after")
    def _is_a_range_or_a_list(self) -> Self:
        is_range = self.low is not None and self.high is not None and self.choices is None
        is_list = self.choices is not None and self.low is None and self.high is None and not self.log
        if not is_range and not is_list:
            raise ValueError("give low and high (and log: true for a range of magnitudes), or choices alone")
        return self


def _checked(space: dict[str, Dimension]) -> dict[str, Dimension]:
    """The space, its values as the type of their key has them.

    Raises:
        ValidationError: a key is none that may be tuned, or a value is none that the key takes; it says where.
    """
    return {key: _checked_dimension(key, dimension) for key, dimension in space.items()}


def _checked_dimension(key: str, dimension: Dimension) -> Dimension:
    if key in UNTUNABLE:
        raise _refused(f"cannot be tuned: {UNTUNABLE[key]}; remove it", key)
    if key not in TUNABLE:
        raise _refused(f"is no key of `training`; remove it, or name one of {', '.join(TUNABLE)}", key)
    if dimension.choices is not None:
        choices = tuple(_value(key, value, "choices", place) for place, value in enumerate(dimension.choices))
        doubled = sorted({json.dumps(value) for value in choices if choices.count(value) > 1})
        if doubled:
            raise _refused(f"names {', '.join(doubled)} more than once; name each once", key, "choices")
        return dimension.model_copy(update={"choices": choices})
    low, high = (_value(key, getattr(dimension, end), end) for end in ("low", "high"))
    if low >= high:
        raise _refused(f"is {low}, and high is {high}; give the smaller number as low, the larger as high", key, "low")
    if dimension.log and low <= 0:
        raise _refused(f"is {low}, which has no logarithm; give a number above 0, or leave out log", key, "low")
    return dimension.model_copy(update={"low": low, "high": high})


def _value(key: str, value: Value, *place: str | int) -> Any:
    """A value as the key's own type has it."""
    field = TrainSettings.model_fields[key]
    # The key stands among the metadata only because Annotated wants at least one item.
    kind: Any = Annotated[field.annotation, key, *field.metadata]
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    try:
        return adapter.validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        details = [detail for detail in error.errors() if detail["type"] != "none_required"]
        raise _refused(said(details), key, *place) from None


def _refused(what: str, *place: str | int) -> ValidationError:
    wrong = PydanticCustomError("value_error", "{what}", {"what": what})
    return ValidationError.from_exception_data("space", [InitErrorDetails(type=wrong, loc=place, input=None)])


def _database(address: str | None) -> str | None:
    if address is not None and not _DATABASE.fullmatch(address):
        # Whatever follows the scheme may hold a password.
        given = f"is of the scheme '{address.partition(':')[0]:.20}'" if ":" in address else "is no address"
        raise ValueError(f"{given}; give sqlite:///FILE, postgresql://, mysql:// or null")
    return address


Space = Annotated[
    dict[str, Dimension],
    AfterValidator(_checked),
    Field(min_length=1, json_schema_extra={"propertyNames": {"enum": list(TUNABLE)}}),
]


class TuningSettings(Settings):
    """The search for the settings of training: the same trials for every model on every dataset."""

    frozen: bool = Field(
        default=True,
        description="true: a repro keeps the choices that are there, and makes none; false: it makes those that are "
        "missing or out of date. `timeshare tune --now` makes them in any case",
    )
    trials: PositiveInt = Field(default=24, description="trials of a member")
    seed: Count = Field(default=0, description="seed of what is drawn from the space, and of the trials' own seeds")
    sampler: Literal["random", "tpe"] = Field(
        default="random",
        description="random: each trial is drawn by itself, and all models get the same ones; tpe: from what the "
        "trials before it came to, so that a member's trials run one after the other",
    )
    finalists: Count = Field(
        default=3, description="number of best trials that are fitted again with other seeds; 0: the best trial wins"
    )
    finalist_seeds: Count = Field(
        default=2, description="how often each of them is fitted again; the mean over all its fits decides"
    )
    storage: Annotated[str | None, AfterValidator(_database)] = Field(
        default=None,
        description="database that the trials are kept in, for several machines; null: files in .timeshare/tuning. "
        "The environment variable TIMESHARE_TUNING_STORAGE takes precedence",
    )
    space: Space = Field(
        default={
            "learning_rate": Dimension(low=0.0005, high=0.02, log=True),
            "embedding_bound": Dimension(low=0.05, high=1.0, log=True),
            "dropout": Dimension(choices=(0.0, 0.2, 0.5)),
            "embedding_dropout": Dimension(choices=(0.0, 0.2, 0.5)),
        },
        description="keys of `training`, each with {low, high} (and log: true to draw magnitudes) or {choices}",
    )
