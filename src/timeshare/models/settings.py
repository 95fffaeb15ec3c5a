"""The catalogue of models: one settings class for each encoder, chosen by `encoder:`."""

import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema, field_validator, model_validator

from timeshare.core.config.base import (
    Distinct,
    EmbeddingSize,
    HiddenSize,
    Name,
    PositiveFloat,
    PositiveInt,
    Probability,
    Settings,
)
from timeshare.core.config.external import ADDRESS, is_external, load_external
from timeshare.nn.cells import CELLS, WITH_FORGET_GATE
from timeshare.nn.choices import Align, BasisName, Beyond, RecurrentInit
from timeshare.nn.choices import Start as StartName
from timeshare.nn.schemes import SCHEMES, Option, Scheme, scheme_of

TimeInputName = Literal["none", "index", "sincos"]
ReadoutName = Literal["last", "mean", "max", "attention"]
if TYPE_CHECKING:
    CellName = str
else:
    CellName = Literal[tuple(CELLS)]


def find_scheme(name: str) -> Scheme:
    """The record of a scheme: by its name in `SCHEMES`, or made of the class at the place "module:Class".

    Raises:
        ValueError: there is none, in one line that says why.
    """
    if name in SCHEMES:
        return SCHEMES[name]
    if not is_external(name):
        raise ValueError(f"is {name!r}; give {', '.join(SCHEMES)}, or MODULE:CLASS for a scheme of your own")
    return scheme_of(name, load_external(name, object))


def _known_scheme(name: str) -> str:
    find_scheme(name)
    return name


SharingName = Annotated[
    str,
    AfterValidator(_known_scheme),
    WithJsonSchema({"anyOf": [{"enum": list(SCHEMES), "type": "string"}, {"pattern": ADDRESS, "type": "string"}]}),
]

_ENCODER = "the kind of model"
Extent = Annotated[
    PositiveInt | None, Field(description="steps that have weights; null: the tokens of the longest training text")
]

Start = Annotated[
    StartName,
    Field(
        description="the sets of weights before training; independent: each is drawn by itself; equal: all are the "
        "same, so that training begins at the shared net"
    ),
]


class ModelSettings(Settings):
    """What every classifier has, whatever its encoder."""

    embedding_size: EmbeddingSize = 32
    embedding_bound: PositiveFloat = Field(
        default=0.25, description="the tokens' vectors are drawn uniformly between this and its negative"
    )
    embedding_dropout: Probability = Field(
        default=0.0, description="share of the numbers of the tokens' vectors that is dropped in training"
    )
    dropout: Probability = Field(
        default=0.0,
        description="share of a state's numbers that is dropped in training, before the read-out and between layers; "
        "with pooling counts, the share of the words",
    )
    mask: bool = Field(
        default=True, description="false: read the padding as if it were text, as a net without masks does"
    )
    match_parameters: Name | None = Field(
        default=None,
        description="another model of the catalogue: the hidden size is the one whose parameter count comes closest to "
        "that model's, and `hidden_size` is not read",
    )


class RecurrentSettings(ModelSettings):
    """A recurrent net of one of the cells under one of the sharing schemes (nn.TimeLSTM, nn.TimeGRU, nn.TimeRNN)."""

    encoder: CellName = Field(description=_ENCODER)
    sharing: SharingName = Field(
        default="shared",
        description="what the weights at each step are: docs/layers.md; MODULE:CLASS: a scheme of your own, "
        "docs/extending.md",
    )
    sharing_options: dict[Name, bool | int | float | str] = Field(
        default={}, description="what a scheme of your own reads beside the options here, by name"
    )
    hidden_size: HiddenSize = 64
    num_layers: PositiveInt = Field(default=1, description="layers, each reading the states of the one before")
    bidirectional: bool = Field(default=False, description="a second set of layers reads each text from its end")
    extent: Extent = None
    extent_factor: PositiveFloat = Field(default=1.0, description="multiplies an extent taken from the data")
    beyond: Beyond = Field(
        default="hold",
        description="weights of steps beyond the extent; hold: the last step's; cycle: start again with the first; "
        "error: longer texts are refused",
    )
    num_sets: PositiveInt | None = Field(
        default=None,
        description="K, the number of sets: the period, the segments, the mixed sets or the basis functions",
    )
    bounds: tuple[PositiveInt, ...] | None = Field(
        default=None, description="for sharing segments: the first step of each set but the first, counted from 0"
    )
    basis: BasisName = Field(default="fourier", description="for sharing basis: the functions of time")
    scale: PositiveFloat | None = Field(
        default=None, description="for sharing basis: number of steps in one unit of time; null: the extent"
    )
    align: Align = Field(
        default="start",
        description="start: steps are counted from a text's first token; end: they are shifted so that its last token "
        "has the last step of the extent",
    )
    start: Start = "independent"
    recurrent_init: RecurrentInit = Field(
        default="uniform",
        description="how W_hh is drawn; uniform: as torch draws it; orthogonal: each gate's part is a random "
        "orthogonal matrix",
    )
    forget_bias: Annotated[float, Field(ge=-100.0, le=100.0)] | None = Field(
        default=None, description="for encoder lstm: the forget gate's bias before training; null: drawn as the others"
    )
    readout: ReadoutName = Field(
        default="last",
        description="what the classes are read from; last: the state after a text's last token; mean, max: of each "
        "number, over the states after all tokens; attention: their mean, weighted by a learned query",
    )
    layer_norm: bool = Field(default=False, description="normalise inside the cell")
    time_input: TimeInputName = Field(
        default="none",
        description="what is put beside each token's vector; index: the step over the extent; sincos: 16 sines and "
        "cosines of the step",
    )
    hyper_size: PositiveInt = Field(default=16, description="for sharing hyper: size of the small LSTM's state")
    hyper_embedding_size: PositiveInt = Field(
        default=8, description="for sharing hyper: size of each embedding from which a gate's rows are scaled"
    )

    @field_validator("bounds")
    @classmethod
    def _bounds_make_segments(cls, bounds: tuple[int, ...] | None, others: ValidationInfo) -> tuple[int, ...] | None:
        if bounds is None:
            return None
        sharing, num_sets, extent = (others.data.get(name) for name in ("sharing", "num_sets", "extent"))
        if sharing is not None and "bounds" not in find_scheme(sharing).reads:
            raise ValueError(f"are for sharing '{_readers('bounds')}', not '{sharing}'; remove them")
        if any(after <= before for before, after in pairwise(bounds)):
            raise ValueError(f"is {list(bounds)}; give steps in ascending order, each once")
        if num_sets not in (None, len(bounds) + 1):
            raise ValueError(f"makes {len(bounds) + 1} segments, but num_sets is {num_sets}; remove one of the two")
        if extent is not None and bounds and bounds[-1] >= extent:
            raise ValueError(f"is {list(bounds)}, but the extent ends with step {extent - 1}; give steps within it")
        return bounds

    @model_validator(mode="after")
    def _scheme_gets_what_it_reads(self) -> Self:
        scheme, given = find_scheme(self.sharing), self.scheme_options()
        for option in scheme.reads:
            if option in type(self).model_fields and option not in _SCHEME_OPTIONS:
                raise ValueError(
                    f"sharing '{self.sharing}' reads {option}, an option of the model; rename it in the class"
                )
        for need in scheme.needs:
            if all(given.get(option) is None for option in need.split(" or ")):
                raise ValueError(f"sharing '{self.sharing}' needs {need}; add it")
        for option in self.sharing_options:
            if option in type(self).model_fields:
                raise ValueError(
                    f"sharing_options.{option}: is an option of every model; move it out of sharing_options"
                )
            if option not in scheme.reads:
                reads = f"which reads {', '.join(scheme.reads)}" if scheme.reads else "which reads none"
                raise ValueError(
                    f"sharing_options.{option}: is not read by sharing '{self.sharing}', {reads}; remove it"
                )
        return self

    def scheme_options(self) -> dict[str, Option]:
        """All that a scheme may read, by name."""
        return {**{name: getattr(self, name) for name in _SCHEME_OPTIONS}, **self.sharing_options}


# What schemes may read of a model's settings: a scheme from outside the package, too.
_SCHEME_OPTIONS = tuple(
    name for name in RecurrentSettings.model_fields if any(name in scheme.reads for scheme in SCHEMES.values())
)


class BagOfWordsSettings(ModelSettings):
    """A linear read-out of word counts ('counts') or of the mean word embedding ('mean'): blind to order."""

    encoder: Literal["bag_of_words"] = Field(description=_ENCODER)
    pooling: Literal["counts", "mean"] = Field(
        default="counts",
        description="counts: how often each word occurs is read out; mean: the mean of the words' vectors",
    )

    @model_validator(mode="after")
    def _nothing_to_match_with(self) -> Self:
        if self.match_parameters is not None:
            raise ValueError("encoder 'bag_of_words' has no hidden_size that match_parameters could choose; remove it")
        return self


class FeedForwardSettings(ModelSettings):
    """A feed-forward net with weights of its own for each position up to the extent."""

    encoder: Literal["feed_forward"] = Field(description=_ENCODER)
    hidden_size: HiddenSize = 64
    start: Start = "independent"
    extent: Extent = None


class ConvolutionSettings(ModelSettings):
    """Convolutions over windows of several widths, their kernels shared over positions or one for each."""

    encoder: Literal["convolution"] = Field(description=_ENCODER)
    hidden_size: PositiveInt = Field(default=64, description="H: number of features of each width")
    kernel_sizes: Distinct[PositiveInt] = Field(
        default=(3, 4, 5), min_length=1, description="tokens of a window: widths that stand side by side"
    )
    shared: bool = Field(
        default=True, description="one kernel for all positions; false: one for each (locally connected)"
    )
    start: Start = "independent"
    extent: Extent = None


AnyModel = Annotated[
    RecurrentSettings | BagOfWordsSettings | FeedForwardSettings | ConvolutionSettings,
    Field(discriminator="encoder"),
]


def outside_code(model: AnyModel) -> Path | None:
    """The file of a scheme of the user's own, which is no code of the package; None: the model has none.

    What was made with it has to be made again when the file changes.
    """
    if not isinstance(model, RecurrentSettings) or not is_external(model.sharing):
        return None
    return Path(str(sys.modules[model.sharing.partition(":")[0]].__file__))


def read_by(scheme: Scheme) -> set[str]:
    """The options of a recurrent model that have an effect under a scheme, of those that not all schemes read."""
    more = {"extent_factor"} if "extent" in scheme.reads else set()
    return {*scheme.reads, *more, *(("align", "start") if scheme.by_step else ())}


def _readers(option: str) -> str:
    return ", ".join(name for name, scheme in SCHEMES.items() if option in read_by(scheme))


def options_without_effect(model: AnyModel) -> dict[str, str]:
    """Options of a model that were set and that nothing reads: for each, why, and how to mend it.

    A value that is the default counts as not set: model.json states every option, and so may a person. This is asked of
    entries of params.yaml alone: studies give all schemes the same options.
    """
    if isinstance(model, ConvolutionSettings) and model.shared and model.start != "independent":
        return {"start": "shared: true has one kernel, whose start is no question; remove it, or give shared: false"}
    if not isinstance(model, RecurrentSettings):
        return {}
    fields = type(model).model_fields
    is_set = {name: getattr(model, name) != field.default for name, field in fields.items()}
    read = read_by(find_scheme(model.sharing))
    if model.time_input == "index":
        read |= {"extent", "extent_factor"}
    found = {}
    if model.forget_bias is not None and model.encoder not in WITH_FORGET_GATE:
        having = ", ".join(sorted(WITH_FORGET_GATE))
        found["forget_bias"] = (
            f"encoder '{model.encoder}' has no forget gate; remove it, or take one that has: {having}"
        )
    for option in fields:
        others = _readers(option)
        if others and is_set[option] and option not in read:
            found[option] = f"sharing '{model.sharing}' does not read it; remove it, or take one that does: {others}"
    if is_set["extent"] and is_set["extent_factor"]:
        found.setdefault("extent_factor", "is not read where extent is given; remove one of the two")
    if is_set["extent"] and is_set["scale"] and "scale" in read and model.time_input != "index":
        found.setdefault("extent", "is not read where scale is given; remove one of the two")
    return found
