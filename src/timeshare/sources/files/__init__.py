"""Source `files`: the user's own texts and labels."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from timeshare.sources.rows.settings import RowsSettings
from timeshare.sources.source import WHERE_FROM, Source

if TYPE_CHECKING:
    from timeshare.sources.raw import RawData


class FilesSettings(RowsSettings):
    """The user's own CSV, TSV, JSON, JSONL, Parquet or Excel files."""

    source: Literal["files"] = Field(description=WHERE_FROM)
    train: str = Field(description="path of the file of training texts")
    valid: str | None = Field(default=None, description="path of the validation file; null: a share of `train`")
    test: str | None = Field(default=None, description="path of the test file; null: a share of `train`")
    separator: Literal[",", ";", "tab", "|"] | None = Field(
        default=None, description="what separates the columns of .csv and .tsv files; null: the header tells"
    )

    def named_files(self) -> tuple[str, ...]:
        """The files of the three splits, as far as they are given."""
        return tuple(path for path in (self.train, self.valid, self.test) if path is not None)


def _ingest(name: str, settings: FilesSettings, downloads: Path) -> "RawData":
    from timeshare.sources.files.read import read

    return read(name, settings)


SOURCE = Source(FilesSettings, _ingest, own=True)
