"""From a dataset's settings to its raw tables on disk."""

import sys
from pathlib import Path

from timeshare.core.config.errors import fit_for_terminal
from timeshare.sources.raw import write_raw
from timeshare.sources.source import DatasetSettings
from timeshare.sources.table import source_of, tokeniser_for


def ingest(name: str, settings: DatasetSettings, folder: Path, downloads: Path = Path()) -> None:
    """Read a dataset from its source, write its raw tables, and say on stderr what is remarkable about its rows.

    Args:
        name: the dataset's name in the catalogue, for messages.
        settings: its entry there.
        folder: an existing folder; what is written there is whole only if this returns.
        downloads: the folder that the source's download filled.
    Raises:
        UserError: the source cannot be read, or the settings ask for what it does not have.
    """
    raw = source_of(settings).ingest(name, settings, downloads)
    for remark in raw.remarks:
        print(fit_for_terminal(remark), file=sys.stderr)
    write_raw(raw, folder, source=settings.source, tokeniser=tokeniser_for(settings))
