"""The strict base of every settings model, and the field types they share."""

from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Item = TypeVar("Item")

# The greatest number that a key takes.
MOST = 1_000_000_000
# Used as folder, stage and MLflow run names: no separators, no leading dot, nothing a shell would expand.
NAME = r"^[A-Za-z0-9][A-Za-z0-9_]{0,63}$"

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Probability = Annotated[float, Field(ge=0.0, lt=1.0)]
PositiveInt = Annotated[int, Field(ge=1, le=MOST)]
Count = Annotated[int, Field(ge=0, le=MOST)]
PositiveFloat = Annotated[float, Field(gt=0.0, le=MOST)]
NonNegativeFloat = Annotated[float, Field(ge=0.0, le=MOST)]
Name = Annotated[str, Field(pattern=NAME)]


def _each_once(items: tuple[Item, ...]) -> tuple[Item, ...]:
    doubled = sorted({str(item) for item in items if items.count(item) > 1})
    if doubled:
        raise ValueError(f"names {', '.join(doubled)} more than once; name each once")
    return items


Distinct = Annotated[tuple[Item, ...], AfterValidator(_each_once), Field(json_schema_extra={"uniqueItems": True})]

# What several kinds of models, datasets or studies have, with its one meaning.
TrainSize = Annotated[PositiveInt, Field(description="number of training texts")]
ValidSize = Annotated[PositiveInt, Field(description="number of validation texts")]
TestSize = Annotated[PositiveInt, Field(description="number of test texts")]
EmbeddingSize = Annotated[PositiveInt, Field(description="E: size of a token's vector")]
HiddenSize = Annotated[PositiveInt, Field(description="H: size of the hidden state")]
BatchSize = Annotated[PositiveInt, Field(description="sequences in a step")]
GradientClip = Annotated[PositiveFloat, Field(description="largest norm of a step's gradients, all taken together")]


class Settings(BaseModel):
    """Settings are immutable, refuse unknown keys, and never convert one type to another silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
