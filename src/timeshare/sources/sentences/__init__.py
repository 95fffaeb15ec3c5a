"""Source `sentences`: English from a grammar, with exact labels for other orders of a sentence."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from timeshare.core.config.base import PositiveInt, TestSize, TrainSize, ValidSize
from timeshare.sources.source import WHERE_FROM, DatasetSettings, Range, Source, check_apart

if TYPE_CHECKING:
    from timeshare.sources.raw import RawData


class SentencesSettings(DatasetSettings):
    """English sentences from a grammar, labelled by the kind of thing that the object's head noun names, if any."""

    source: Literal["sentences"] = Field(description=WHERE_FROM)
    train_size: TrainSize = 8000
    valid_size: ValidSize = 1000
    test_size: TestSize = 1000
    adjuncts: Range = Field(default=(0, 2), description="fewest and most adjuncts of a training sentence")
    probe_adjuncts: Range = Field(default=(3, 10), description="fewest and most adjuncts of a length probe")
    probe_groups: PositiveInt = Field(default=300, description="held-out meanings for each kind of probe")

    @model_validator(mode="after")
    def _probes_are_longer(self) -> Self:
        check_apart(self.adjuncts, self.probe_adjuncts, "adjuncts, probe_adjuncts")
        return self


def _ingest(name: str, settings: SentencesSettings, downloads: Path) -> "RawData":
    from timeshare.sources.sentences.generate import read

    return read(name, settings)


SOURCE = Source(SentencesSettings, _ingest)
