"""Source `huggingface`: a dataset of the Hugging Face hub, or of that library's own files."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from timeshare.sources.rows.settings import RowsSettings
from timeshare.sources.source import WHERE_FROM, Source

if TYPE_CHECKING:
    from timeshare.sources.raw import RawData


class HuggingFaceSettings(RowsSettings):
    """A dataset that the package `datasets` reads, from the Hugging Face hub or from a folder."""

    source: Literal["huggingface"] = Field(description=WHERE_FROM)
    path: str = Field(
        min_length=1,
        description="name on the hub, as OWNER/NAME, or a folder: of data files, or what save_to_disk wrote",
    )
    name: str | None = Field(default=None, description="the dataset's configuration; null: its default one")
    revision: str | None = Field(
        default=None, description="branch, tag or commit on the hub, the latter for the same texts always; null: main"
    )
    splits: dict[Literal["train", "valid", "test"], str] = Field(
        default={},
        description="what the dataset calls `train`, `valid` and `test`; {}: train, validation and test, as far as it "
        "has them",
    )

    @property
    def is_local(self) -> bool:
        """Whether the path is a folder here, which is read where it is."""
        return Path(self.path).is_dir()

    def named_files(self) -> tuple[str, ...]:
        """Of a folder one file, which stands for all of it."""
        files = sorted(str(file) for file in Path(self.path).rglob("*") if file.is_file()) if self.is_local else []
        return tuple(files[:1])


def _wanted(settings: HuggingFaceSettings) -> Mapping[str, Any]:
    keys = ("path", "name", "revision", "splits", "text", "label", "id")
    return {"local": settings.is_local, **{key: getattr(settings, key) for key in keys}}


def _download(settings: HuggingFaceSettings, folder: Path) -> None:
    if not settings.is_local:
        from timeshare.sources.huggingface.download import download

        download(settings, folder)


def _ingest(name: str, settings: HuggingFaceSettings, downloads: Path) -> "RawData":
    from timeshare.sources.huggingface.read import read

    return read(name, settings, downloads)


SOURCE = Source(HuggingFaceSettings, _ingest, _download, _wanted, own=True)
