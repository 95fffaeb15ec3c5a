"""From a dataset's settings to its raw tables on disk."""

from pathlib import Path

from timeshare.sources.raw import write_raw
from timeshare.sources.source import DatasetSettings
from timeshare.sources.table import source_of


def ingest(name: str, settings: DatasetSettings, folder: Path, downloads: Path = Path()) -> None:
    """Read a dataset from its source, and write its raw tables.

    Args:
        name: the dataset's name in the catalogue, for messages.
        settings: its entry there.
        folder: an existing folder; what is written there is whole only if this returns.
        downloads: the folder that the source's download filled.
    Raises:
        UserError: the source cannot be read, or the settings ask for what it does not have.
    """
    source = source_of(settings)
    raw = source.ingest(name, settings, downloads)
    write_raw(raw, folder, source=settings.source, tokeniser=source.tokeniser)
