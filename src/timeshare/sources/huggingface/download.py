"""The download: the wanted columns of a dataset of the hub, at one commit, as Parquet files."""

import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from timeshare.core.artifacts import write_json
from timeshare.core.config.errors import UserError
from timeshare.sources.huggingface import HuggingFaceSettings
from timeshare.sources.huggingface.library import load_library, open_dataset, rows_of
from timeshare.sources.rows.scan import Record

FACTS = "dataset.json"
COLUMNS = ("text", "label", "id")
_ROWS_PER_GROUP = 65_536
_SECONDS = 10.0


def download(settings: HuggingFaceSettings, folder: Path) -> None:
    """Stream the splits from the hub into `folder`, and write there which commit it was.

    Raises:
        UserError: the library is not installed, the hub cannot be reached or has no such dataset.
    """
    commit = _commit(settings)
    for split, dataset in open_dataset(settings, commit).items():
        _write(folder / f"{split}.parquet", settings, rows_of(settings, split, dataset))
    write_json(folder / FACTS, {"path": settings.path, "name": settings.name, "commit": commit})


def _commit(settings: HuggingFaceSettings) -> str:
    """The commit that a revision is now, by one question: the library asks five times more before it gives up."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    load_library()
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        return str(HfApi().dataset_info(settings.path, revision=settings.revision, timeout=_SECONDS).sha)
    except (HfHubHTTPError, HFValidationError) as error:
        what = " ".join(str(error).split())[:200]
        mend = "correct path and revision, or log in by `hf auth login` if it is not public"
        raise UserError(f"{settings.path}: is no folder here, nor a dataset of the hub ({what}); {mend}") from None
    except Exception as error:
        mend = "connect to a network, name a folder, or take the dataset out of run.datasets"
        raise UserError(f"{settings.path}: the Hugging Face hub cannot be reached ({error!s:.200}); {mend}") from None


def _write(path: Path, settings: HuggingFaceSettings, records: Iterable[Record]) -> None:
    """Write rows as text, or texts as lists of tokens if the first is one; memory holds one row group."""
    rows = iter(records)
    writer = None
    try:
        while group := [values for _, values in islice(rows, _ROWS_PER_GROUP)]:
            columns = dict(zip(COLUMNS, zip(*group, strict=True), strict=False))
            if writer is None:
                kinds = {name: pa.string() for name in columns}
                if any(isinstance(text, list) for text in columns["text"]):
                    kinds["text"] = pa.list_(pa.string())
                writer = pq.ParquetWriter(path, pa.schema(kinds), compression="zstd")
            writer.write_table(
                pa.table({name: list(map(_text, values)) for name, values in columns.items()}, writer.schema)
            )
    except pa.ArrowException as error:
        what = " ".join(str(error).split())[:200]
        raise UserError(f"{settings.path}: its texts are not all of one kind ({what}); name another column") from None
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise UserError(f"{settings.path}: {path.stem} has no rows; name another in `splits`")


def _text(value: Any) -> Any:
    return value if value is None or isinstance(value, str | list) else str(value)
