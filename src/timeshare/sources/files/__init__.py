"""Source `files`: the user's own texts and labels."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from timeshare.core.config.base import PositiveInt
from timeshare.sources.realtext.settings import RealTextSettings
from timeshare.sources.source import WHERE_FROM, Source

if TYPE_CHECKING:
    from timeshare.sources.raw import RawData


class FilesSettings(RealTextSettings):
    """The user's own CSV, TSV, JSONL or Parquet files."""

    source: Literal["files"] = Field(description=WHERE_FROM)
    train: str = Field(description="path of the file of training texts")
    valid: str | None = Field(default=None, description="path of the validation file; null: a share of `train`")
    test: str | None = Field(default=None, description="path of the test file; null: a share of `train`")
    text: str = Field(default="text", description="column of the texts")
    label: str = Field(default="label", description="column of their labels")
    id: str | None = Field(default=None, description="column of unique row names; null: rows are numbered")
    max_length: PositiveInt = Field(
        default=2000, description="largest number of tokens of a text; a longer text is an error"
    )

    @model_validator(mode="after")
    def _columns_differ(self) -> Self:
        columns = [column for column in (self.text, self.label, self.id) if column is not None]
        if len(set(columns)) < len(columns):
            raise ValueError("text, label and id must name different columns")
        return self

    def named_files(self) -> tuple[str, ...]:
        """The files of the three splits, as far as they are given."""
        return tuple(path for path in (self.train, self.valid, self.test) if path is not None)


def _ingest(name: str, settings: FilesSettings, downloads: Path) -> "RawData":
    from timeshare.sources.files.read import read

    return read(name, settings)


SOURCE = Source(FilesSettings, _ingest)
