"""The settings that the sources of real text share."""

from typing import Self

from pydantic import Field, model_validator

from timeshare.core.config.base import Distinct, Fraction, PositiveInt
from timeshare.core.prepared.tokenisers import TokeniserName
from timeshare.sources.source import DatasetSettings


class RealTextSettings(DatasetSettings):
    """How texts without gold reorderings are split and probed."""

    tokeniser: TokeniserName = Field(
        default="basic_english",
        description="what cuts a text into tokens; basic_english: words in lower case and their punctuation; "
        "whitespace: what stands between spaces, for text that is cut already; characters: for scripts without spaces; "
        "regex:PATTERN: each match of a regular expression",
    )
    split: tuple[Fraction, Fraction] = Field(
        default=(0.1, 0.1), description="shares of the texts for validation and test, where these are not given"
    )
    length_quantile: Fraction = Field(
        default=0.9,
        description="share of the training texts that is short enough to train on; longer ones become length probes",
    )
    shuffle_sizes: Distinct[PositiveInt] = Field(
        default=(1, 2, 3, 4), description="sizes of the n-grams that are shuffled, in tokens"
    )
    permutations: PositiveInt = Field(default=3, description="shuffles of each text for each n-gram size")
    probe_texts: PositiveInt = Field(
        default=500,
        description="largest number of test texts that are shuffled, and of validation and test texts, taken together, "
        "in which a phrase is moved",
    )
    length_probes: PositiveInt = Field(
        default=5000, description="largest number of longer texts that become length probes"
    )

    @model_validator(mode="after")
    def _split_leaves_some(self) -> Self:
        if not (min(self.split) > 0.0 and sum(self.split) < 1.0):
            raise ValueError("split must be two shares above 0 that leave some to train: together less than 1")
        return self
