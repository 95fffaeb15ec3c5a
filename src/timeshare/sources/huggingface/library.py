"""The package `datasets`, imported when it is needed: opening a dataset, and its rows as plain values.

No code of a dataset's own is run: the library has had no way to since its version 4.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from timeshare.core.config.errors import UserError, quoted
from timeshare.sources.huggingface import HuggingFaceSettings
from timeshare.sources.raw import SPLITS
from timeshare.sources.rows.scan import Record

REQUIREMENT = "datasets~=5.2"
# What a split is called where the settings do not say; the first that the dataset has.
_USUAL = {"train": ("train",), "valid": ("validation", "valid", "dev"), "test": ("test",)}
_ROWS_AT_ONCE = 1000


def load_library() -> ModuleType:
    """Import the library, and keep it from drawing and warning.

    Raises:
        UserError: it is not installed.
    """
    try:
        import datasets
    except ImportError:
        raise UserError(
            f"source huggingface: the package datasets is not installed; `pip install '{REQUIREMENT}'` in the "
            "environment of this project"
        ) from None
    datasets.disable_progress_bars()
    datasets.logging.set_verbosity_error()
    library: ModuleType = datasets
    return library


def open_dataset(settings: HuggingFaceSettings, revision: str | None = None) -> dict[str, Any]:
    """The wanted splits by their places in `SPLITS`, unread: rows are streamed, however many there are.

    Args:
        settings: of the dataset.
        revision: a commit on the hub; None for a folder.
    Raises:
        UserError: it cannot be read, or lacks a split or a column.
    """
    library = load_library()
    with reading(settings):
        if any((Path(settings.path) / name).is_file() for name in ("dataset_dict.json", "state.json")):
            found = library.load_from_disk(settings.path)
            found = found if isinstance(found, dict) else {"train": found}
        else:
            found = library.load_dataset(settings.path, settings.name, revision=revision, streaming=True)
    chosen = {
        split: settings.splits.get(split) or next((name for name in _USUAL[split] if name in found), None)  # type: ignore[call-overload]
        for split in SPLITS
    }
    lacking = [name for name in chosen.values() if name is not None and name not in found]
    if lacking or chosen["train"] is None:
        what = f"'{lacking[0]}'" if lacking else "train"
        mend = "name those that it has in `splits`"
        raise UserError(f"{settings.path}: has no split {what} (it has {quoted(list(found))}); {mend}")
    return {split: found[name] for split, name in chosen.items() if name is not None}


def rows_of(settings: HuggingFaceSettings, split: str, dataset: Any) -> Iterator[Record]:
    """The rows of a split, numbered from 1; labels that the dataset numbers come by their names.

    Raises:
        UserError: they cannot be read, or lack a column.
    """
    columns = settings.columns()
    classes = [_names_of(dataset.features, column) for column in columns]
    row = 0
    with reading(settings):
        for batch in dataset.iter(batch_size=_ROWS_AT_ONCE):
            values = [_column(settings, split, batch, column) for column in columns]
            for record in zip(*values, strict=True):
                row += 1
                yield row, tuple(_named(value, names) for value, names in zip(record, classes, strict=True))


@contextmanager
def reading(settings: HuggingFaceSettings) -> Iterator[None]:
    """What the library raises, of many kinds and often of many lines, as one line."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise UserError(f"{settings.path}: is no dataset that can be read ({what}); correct path or name") from None


def _column(settings: HuggingFaceSettings, split: str, batch: Mapping[str, list[Any]], column: str) -> list[Any]:
    if column in batch:
        return batch[column]
    first, *inner = column.split(".")
    if first not in batch or not inner:
        mend = "name the right one in params.yaml"
        raise UserError(f"{settings.path}: {split} has no column '{column}' (it has {quoted(list(batch))}); {mend}")
    return [_inside(value, inner) for value in batch[first]]


def _inside(value: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _names_of(features: Any, column: str) -> list[str] | None:
    """The names of a column's classes, where the dataset numbers them."""
    found = features.get(column) if features and column in features else _inside(features, column.split("."))
    names = getattr(found, "names", None)
    return list(names) if names else None


def _named(value: Any, names: list[str] | None) -> Any:
    """A class by its name; -1 stands for none, as in test sets without labels."""
    if names is None or not isinstance(value, int):
        return value
    return names[value] if 0 <= value < len(names) else None
