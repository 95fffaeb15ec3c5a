"""The catalogue of datasets: one settings class for each source, chosen by `source:`."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from timeshare.core.config.base import Count, Distinct, Fraction, PositiveInt, Settings, TestSize, TrainSize, ValidSize
from timeshare.core.config.settings import PrepareOverrides, TrainOverrides

Range = tuple[Count, Count]
_SOURCE = "where the texts come from"


class DatasetSettings(Settings):
    """What every dataset has: its seed, and what it overrides of the common `prepare` and `train` settings."""

    seed: Count = Field(default=0, description="of all chance by which the texts, their split and the probes are drawn")
    prepare: PrepareOverrides = Field(  # type: ignore[valid-type] # a class made from another
        default=PrepareOverrides(), description="overrides the common section `prepare`, key by key"
    )
    training: TrainOverrides = Field(  # type: ignore[valid-type]
        default=TrainOverrides(), description="overrides the common section `train`, key by key"
    )


class SentencesSettings(DatasetSettings):
    """English sentences from a grammar, labelled by the kind of thing the object's head noun is."""

    source: Literal["sentences"] = Field(description=_SOURCE)
    train_size: TrainSize = 8000
    valid_size: ValidSize = 1000
    test_size: TestSize = 1000
    adjuncts: Range = Field(default=(0, 2), description="fewest and most adjuncts of a training sentence")
    probe_adjuncts: Range = Field(default=(3, 10), description="the same for the length probes")
    probe_groups: PositiveInt = Field(default=300, description="held-out meanings probed in each way")

    @model_validator(mode="after")
    def _adjuncts_apart(self) -> Self:
        fewest, most = self.adjuncts
        if not (fewest <= most and 1 <= most < self.probe_adjuncts[0] <= self.probe_adjuncts[1]):
            raise ValueError("adjuncts must be a range that ends at 1 or more, and probe_adjuncts a range beyond it")
        return self


class FormalSettings(DatasetSettings):
    """A formal language task whose label an oracle computes exactly."""

    source: Literal["formal"] = Field(description=_SOURCE)
    task: Literal["parity_check", "even_pairs", "cycle_navigation", "modular_arithmetic"] = Field(
        description="the language, and what is asked of a sequence"
    )
    train_size: TrainSize = 20000
    valid_size: ValidSize = 1000
    test_size: TestSize = 2000
    train_lengths: Range = Field(
        default=(1, 40), description="fewest and most symbols of a training, validation or test sequence"
    )
    probe_lengths: Range = Field(default=(41, 500), description="the same for the length probes")
    probes_per_length: PositiveInt = Field(default=4, description="length probes of each of these lengths")
    probe_groups: PositiveInt = Field(default=300, description="groups of reordered sequences, of each kind")

    @model_validator(mode="after")
    def _lengths_apart(self) -> Self:
        if not 1 <= self.train_lengths[0] <= self.train_lengths[1] < self.probe_lengths[0] <= self.probe_lengths[1]:
            raise ValueError("train_lengths must be a range from 1 on, and probe_lengths a range beyond it")
        return self


class RealTextSettings(DatasetSettings):
    """What sources without gold reorderings share: the shuffles and the length split that probe them."""

    split: tuple[Fraction, Fraction] = Field(default=(0.1, 0.1), description="shares of valid and test where not given")
    length_quantile: Fraction = Field(
        default=0.9, description="texts longer than this quantile, a share, become length probes"
    )
    shuffle_sizes: Distinct[PositiveInt] = Field(
        default=(1, 2, 3, 4), description="sizes of the n-grams that are shuffled, in tokens"
    )
    permutations: PositiveInt = Field(default=3, description="shuffles of each text and n-gram size")
    probe_texts: PositiveInt = Field(default=500, description="test texts that are shuffled, at most")
    length_probes: PositiveInt = Field(default=5000, description="longer texts that become length probes, at most")

    @model_validator(mode="after")
    def _split_leaves_some(self) -> Self:
        if not (min(self.split) > 0.0 and sum(self.split) < 1.0):
            raise ValueError("split must be two shares above 0 that leave some to train: together less than 1")
        return self


class HuttoGilbertSettings(RealTextSettings):
    """One or several of the four sets of Hutto & Gilbert (2014), as binary sentiment."""

    source: Literal["hutto_gilbert"] = Field(description=_SOURCE)
    sets: Distinct[Literal["movie_reviews", "tweets", "amazon_reviews", "nyt_editorials"]] = Field(
        min_length=1, description="which of the four, put together"
    )


class FilesSettings(RealTextSettings):
    """The user's own CSV, TSV, JSONL or Parquet files."""

    source: Literal["files"] = Field(description=_SOURCE)
    train: str = Field(description="path of the file of training texts")
    valid: str | None = Field(default=None, description="path of that of validation; null: a share of `train`")
    test: str | None = Field(default=None, description="path of that of test; null: a share of `train`")
    text: str = Field(default="text", description="column of the texts")
    label: str = Field(default="label", description="column of their labels")
    id: str | None = Field(default=None, description="column of unique row names; null: rows are numbered")
    max_length: PositiveInt = Field(default=2000, description="most tokens of a text; a longer one is an error")

    @model_validator(mode="after")
    def _columns_differ(self) -> Self:
        columns = [column for column in (self.text, self.label, self.id) if column is not None]
        if len(set(columns)) < len(columns):
            raise ValueError("text, label and id must name different columns")
        return self


AnyDataset = Annotated[
    SentencesSettings | FormalSettings | HuttoGilbertSettings | FilesSettings, Field(discriminator="source")
]
