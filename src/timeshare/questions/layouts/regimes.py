"""What ways to make batches cost, as `make bench-batching` measured them."""

import math
from dataclasses import dataclass
from pathlib import Path

from timeshare.core.config.errors import UserError
from timeshare.report.files import read_records

_MAKER = "make bench-batching"


@dataclass(frozen=True)
class RegimeCost:
    """What a way to make batches cost on some machine: a row of benchmarks/measured/batching.csv.

    Attributes:
        regime: its name.
        seconds_per_epoch: of training, the fastest epoch.
        tokens_per_second: real tokens trained on in a second.
        padding_waste: share of the entries that is padding.
        lengths: distinct padded lengths, each a graph where a graph is compiled for one.
        shapes: distinct shapes of a batch.
        steps: batches of an epoch.
        epochs: trained before the accuracy was taken.
        accuracy: share of the test texts labelled right.
        machine: what it was measured on.
    """

    regime: str
    seconds_per_epoch: float
    tokens_per_second: float
    padding_waste: float
    lengths: int
    shapes: int
    steps: int
    epochs: int
    accuracy: float
    machine: str


def read_regimes(root: Path) -> list[RegimeCost]:
    """The rows of the table in the project's folder; none where the benchmark was not run.

    Raises:
        UserError: the table is damaged.
    """
    path = root / "benchmarks/measured/batching.csv"
    found = read_records(path, RegimeCost, _MAKER) if path.exists() else []
    numbers = [value for one in found for value in vars(one).values() if not isinstance(value, str)]
    if not all(math.isfinite(number) for number in numbers) or any(one.seconds_per_epoch <= 0 for one in found):
        raise UserError(f"{path}: is damaged (a number that cannot be); remove it and run `{_MAKER}`")
    return found
