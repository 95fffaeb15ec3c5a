"""The section `evaluate` of params.yaml."""

from typing import Literal

from pydantic import Field

from timeshare.core.config.base import Distinct, Name, PositiveInt, Settings


class EvaluateSettings(Settings):
    """What a trained classifier is asked."""

    batch_tokens: PositiveInt = Field(
        default=16384, description="largest number of entries in a batch, padding included"
    )
    train_rows: PositiveInt | None = Field(
        default=4000,
        description="training texts, drawn at random, that the training accuracy is measured on; null: all",
    )
    rules: Distinct[Literal["hold", "cycle"]] = Field(
        default=("hold", "cycle"),
        description="rules for texts beyond the extent, which are predicted under each of these and the model's own",
    )
    threads: PositiveInt = Field(default=1, description="threads that compute on the CPU")
    suites: dict[Name, Name] = Field(
        default={}, description="for each dataset with a suite: the name of its file in data/suites, without .jsonl"
    )
