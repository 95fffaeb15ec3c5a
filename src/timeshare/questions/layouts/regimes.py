"""What ways to make batches cost, as `make bench-batching` measured them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, FiniteFloat, TypeAdapter

from timeshare.report.files import read_records


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
    seconds_per_epoch: Annotated[FiniteFloat, Field(gt=0)]
    tokens_per_second: FiniteFloat
    padding_waste: FiniteFloat
    lengths: int
    shapes: int
    steps: int
    epochs: int
    accuracy: FiniteFloat
    machine: str


_REGIMES = TypeAdapter(list[RegimeCost])


def read_regimes(root: Path) -> list[RegimeCost]:
    """The rows of the table in the project's folder; none where the benchmark was not run.

    Raises:
        UserError: the table is damaged.
    """
    path = root / "benchmarks/measured/batching.csv"
    return read_records(path, _REGIMES, "make bench-batching") if path.exists() else []
