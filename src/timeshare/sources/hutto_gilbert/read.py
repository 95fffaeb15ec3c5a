"""Four sets of short English texts with a sentiment in [-4, 4] that twenty people rated.

Hutto & Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text", ICWSM 2014. The
label is the sign of the mean rating; rows at exactly 0 are dropped.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from timeshare.core.config.errors import UserError
from timeshare.core.prepared.tokenisers import tokeniser_of
from timeshare.sources.hutto_gilbert import HuttoGilbertSettings
from timeshare.sources.hutto_gilbert.download import FILES, SHA256
from timeshare.sources.raw import RawData, Row
from timeshare.sources.realtext.routing import assemble, text_hash
from timeshare.sources.realtext.splits import TRAIN, Facts

CLASSES = ("neg", "pos")


def read(name: str, settings: HuttoGilbertSettings, downloads: Path) -> RawData:
    """Read one or several sets as one dataset of the classes neg and pos.

    Args:
        name: the dataset's name in the catalogue.
        settings: the sets, the split and the probes.
        downloads: the folder that `download` filled.
    Raises:
        UserError: a file is missing or damaged.
    """
    rows, means = [], []
    for chosen in settings.sets:
        for identity, mean, text in _read_set(downloads / FILES[chosen]):
            means.append(mean)
            rows.append(Row(f"{chosen}-{identity}", text, CLASSES[int(mean > 0)]))
    kept = [row for row, mean in zip(rows, means, strict=True) if mean != 0]
    tokenise = tokeniser_of(settings.tokeniser)
    tokens = [tokenise(row.text) for row in kept]
    facts = Facts(
        labels=np.array([CLASSES.index(row.label) for row in kept], dtype=np.int32),
        lengths=np.array([len(each) for each in tokens], dtype=np.int32),
        keys=np.array([text_hash(" ".join(each)) for each in tokens], dtype=np.uint64),
        given=np.full(len(kept), TRAIN, dtype=np.int8),
    )
    notes = {"sets": list(settings.sets), "sha256": SHA256, "dropped_at_zero": len(rows) - len(kept)}
    return assemble(name, settings, CLASSES, facts, lambda: iter(kept), notes)


def _read_set(path: Path) -> Iterator[tuple[str, float, str]]:
    """The rows of a set: id, mean rating, text."""
    try:
        content = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run `dvc repro` so that it is downloaded") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is damaged ({error}); remove it and run `dvc repro`") from None
    for number, line in enumerate(content.split("\r\n"), start=1):
        if not line:
            continue
        try:
            identity, mean, text = line.split("\t", maxsplit=2)
            yield identity, float(mean), text
        except ValueError:
            raise UserError(f"{path}:{number}: is damaged; remove the file and run `dvc repro`") from None
