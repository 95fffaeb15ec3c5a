"""Source `huggingface`: what was downloaded, or a folder here, as tables of rows."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from timeshare.core.artifacts import read_json
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.tokenisers import tokeniser_of
from timeshare.sources.files.parquet_rows import parquet_records
from timeshare.sources.huggingface import HuggingFaceSettings
from timeshare.sources.huggingface.download import COLUMNS, FACTS
from timeshare.sources.huggingface.library import open_dataset, rows_of
from timeshare.sources.raw import SPLITS, RawData
from timeshare.sources.rows.findings import Findings
from timeshare.sources.rows.read import read_tables
from timeshare.sources.rows.scan import Record, Table


def read(name: str, settings: HuggingFaceSettings, downloads: Path) -> RawData:
    """Check the splits, and route their rows.

    Args:
        name: the dataset's name in the catalogue, for messages.
        settings: where it is, its columns, the policy for rows, split and probes.
        downloads: the folder that `download` filled.
    Raises:
        UserError: as for `files`; or the library that reads a folder is not installed.
    """
    opened = _local(settings) if settings.is_local else _downloaded(settings, downloads)
    tables = [
        Table(SPLITS.index(split), f"{settings.path}:{split}", records, lambda: None)
        for split, records in opened.items()
    ]
    raw = read_tables(name, settings, tables, tokeniser_of(settings.tokeniser))
    facts = {} if settings.is_local else {"huggingface": read_json(downloads / FACTS)}
    return replace(raw, notes={**raw.notes, **facts})


def _local(settings: HuggingFaceSettings) -> dict[str, Callable[[Findings], Iterator[Record]]]:
    def records(split: str, dataset: Any, findings: Findings) -> Iterator[Record]:
        return rows_of(settings, split, dataset)

    return {split: partial(records, split, dataset) for split, dataset in open_dataset(settings).items()}


def _downloaded(settings: HuggingFaceSettings, downloads: Path) -> dict[str, Callable[[Findings], Iterator[Record]]]:
    files = {split: downloads / f"{split}.parquet" for split in SPLITS}
    if not files["train"].is_file():
        raise UserError(f"{files['train']}: no such file; run `dvc repro` so that it is downloaded")
    columns = COLUMNS[: len(settings.columns())]

    def records(file: Path, findings: Findings) -> Iterator[Record]:
        return parquet_records(file, columns, findings)

    return {split: partial(records, file) for split, file in files.items() if file.is_file()}
