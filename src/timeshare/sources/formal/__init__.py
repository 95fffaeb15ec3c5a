"""Source `formal`: tasks on formal languages, with exact labels for every sequence."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from timeshare.core.config.base import PositiveInt, TestSize, TrainSize, ValidSize
from timeshare.sources.source import WHERE_FROM, DatasetSettings, Range, Source, check_apart

if TYPE_CHECKING:
    from timeshare.sources.raw import RawData


class FormalSettings(DatasetSettings):
    """A task on a formal language, whose rule computes every label exactly."""

    source: Literal["formal"] = Field(description=WHERE_FROM)
    task: Literal["parity_check", "even_pairs", "cycle_navigation", "modular_arithmetic"] = Field(
        description="the language, and what is asked of a sequence"
    )
    train_size: TrainSize = 20000
    valid_size: ValidSize = 1000
    test_size: TestSize = 2000
    train_lengths: Range = Field(
        default=(1, 40), description="fewest and most symbols of a training, validation or test sequence"
    )
    probe_lengths: Range = Field(default=(41, 500), description="fewest and most symbols of a length probe")
    probes_per_length: PositiveInt = Field(default=4, description="length probes of each of these lengths")
    probe_groups: PositiveInt = Field(default=300, description="groups of reordered sequences of each kind")

    @model_validator(mode="after")
    def _probes_are_longer(self) -> Self:
        if self.train_lengths[0] < 1:
            raise ValueError("train_lengths: give a range from 1 on")
        check_apart(self.train_lengths, self.probe_lengths, "train_lengths, probe_lengths")
        return self


def _ingest(name: str, settings: FormalSettings, downloads: Path) -> "RawData":
    from timeshare.sources.formal.generate import read

    return read(name, settings)


# The symbols of a formal language are spelt out between spaces.
SOURCE = Source(FormalSettings, _ingest, tokeniser="whitespace")
