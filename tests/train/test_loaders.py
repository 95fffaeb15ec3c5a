from pathlib import Path

import lightning.pytorch as pl
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.prepare.tables import lengths_as_rows, prepared, write_raw_tables
from timeshare.core.batch import Batch
from timeshare.core.prepared.store import PreparedData
from timeshare.train.loaders import train_and_valid
from timeshare.train.settings import TrainSettings

pytestmark = pytest.mark.filterwarnings("ignore:.isinstance.treespec, LeafSpec.. is deprecated:FutureWarning")


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str]]:
    return lengths_as_rows(np.random.default_rng(0).integers(1, 20, 45).tolist())


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> PreparedData:
    folder = tmp_path_factory.mktemp("datamodule")
    raw = write_raw_tables(folder / "raw", train=rows, valid=rows[:11])
    return prepared(folder / "out", raw, buckets=3)


class Recorder(pl.LightningModule):
    """Does nothing but write down which rows it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.train_rows: list[tuple[int, list[int]]] = []
        self.valid_rows: list[list[int]] = []

    def training_step(self, batch: Batch, batch_index: int) -> Tensor:
        self.train_rows.append((self.current_epoch, batch.rows.tolist()))
        return (self.weight * batch.total).sum()

    def validation_step(self, batch: Batch, batch_index: int) -> None:
        self.valid_rows.append(batch.rows.tolist())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.fixture(scope="module")
def whole(data: PreparedData) -> Recorder:
    """Two epochs, by Lightning."""
    recorder = Recorder()
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=2,
        use_distributed_sampler=False,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(recorder, *train_and_valid(data, TrainSettings(batch_size=8), seed=0))
    return recorder


def test_lightning_goes_through_every_example_once_an_epoch_in_a_new_order(whole: Recorder) -> None:
    epochs = [[row for at, rows in whole.train_rows if at == epoch for row in rows] for epoch in (0, 1)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(45))] * 2
    assert epochs[0] != epochs[1]


def test_validation_goes_through_every_example_in_a_fixed_order(whole: Recorder) -> None:
    half = len(whole.valid_rows) // 2
    assert sorted(row for rows in whole.valid_rows[:half] for row in rows) == list(range(11))
    assert whole.valid_rows[:half] == whole.valid_rows[half:]


def lengths_of_batches(data: PreparedData, pool: int, cut: bool = True) -> set[int]:
    loader, _ = train_and_valid(data, TrainSettings(batch_size=4, pool=pool), seed=0, cut=cut)
    return {batch.tokens.shape[1] for batch in loader}


@pytest.mark.parametrize(
    ("settings", "cut", "is_cut"),
    [
        ({"buckets": 3}, True, True),
        ({"buckets": 3}, False, False),
        ({"buckets": 1}, True, True),
        ({"layout": "padding"}, True, False),
    ],
)
def test_batches_of_buckets_are_cut_unless_the_padding_matters(
    tmp_path: Path, rows: list[tuple[str, str]], settings: dict[str, object], cut: bool, is_cut: bool
) -> None:
    raw = write_raw_tables(tmp_path / "raw", train=rows)
    data = prepared(tmp_path / "out", raw, **settings)
    bounds = set(data.meta["bounds"])
    assert (lengths_of_batches(data, pool=2, cut=cut) > bounds) is is_cut
    assert (lengths_of_batches(data, pool=2, cut=cut) == bounds) is not is_cut
    assert lengths_of_batches(data, pool=1) == bounds
