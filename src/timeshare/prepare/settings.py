"""The section `prepare` of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field

from timeshare.core.config.base import PositiveInt, Settings


class PrepareSettings(Settings):
    """How text becomes matrices of token ids."""

    layout: Literal["padding", "bucketing", "exact"] = Field(
        default="bucketing",
        description="how texts are padded; padding: all to the length of the longest; bucketing: each to the bound of "
        "its bucket; exact: not at all, each batch holds texts of one length",
    )
    bounds: Literal["optimal", "quantile"] | Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = Field(
        default="optimal",
        description="for layout bucketing; optimal: the buckets that need the least padding; quantile: buckets that "
        "hold about equally many texts; a list: the padded lengths themselves, in tokens",
    )
    buckets: PositiveInt = Field(default=8, description="number of buckets, where `bounds` does not list them")
    side: Literal["right", "left"] = Field(default="right", description="the side of the text that is padded")
    vocabulary_size: PositiveInt = Field(
        default=20000, description="largest number of tokens that are kept, not counting padding and unknown"
    )
    min_frequency: PositiveInt = Field(
        default=1, description="a token is kept if the training texts have it at least this often"
    )
    workers: PositiveInt = Field(default=1, description="number of processes that tokenise")
