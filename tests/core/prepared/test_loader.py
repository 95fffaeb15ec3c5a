from pathlib import Path

import numpy as np
import pytest
import torch

from tests.prepare.tables import lengths_as_rows, prepared, write_raw_tables
from timeshare.core.prepared.loader import BatchLoader
from timeshare.core.prepared.store import Split


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Split:
    folder = tmp_path_factory.mktemp("loader")
    lengths = np.random.default_rng(0).integers(1, 20, 90).tolist()
    raw = write_raw_tables(folder / "raw", train=lengths_as_rows(lengths))
    return prepared(folder / "out", raw, buckets=3).split("train")


def test_an_epoch_holds_every_example_once_as_the_store_has_it(split: Split) -> None:
    batches = list(BatchLoader(split, batch_size=8))
    rows = torch.cat([batch.rows for batch in batches])
    assert sorted(rows.tolist()) == list(range(90))
    assert np.array_equal(torch.cat([batch.lengths for batch in batches]), split.lengths()[rows])
    assert np.array_equal(torch.cat([batch.labels for batch in batches]), split.labels()[rows])
    for batch in batches:
        assert ((batch.tokens != 0).sum(1) == batch.lengths).all()


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_batch_cut_to_its_longest_text_loses_no_token(tmp_path: Path, side: str) -> None:
    raw = write_raw_tables(tmp_path / "raw", train=lengths_as_rows([3, 9, 2, 5, 7]))
    split = prepared(tmp_path / "out", raw, layout="padding", side=side).split("train")
    loader = BatchLoader(split, batch_size=2, pool=2, shuffle=False)
    assert [batch.tokens.shape for batch in loader] == [(2, 3), (2, 9), (1, 7)]
    for batch in loader:
        assert ((batch.tokens != 0).sum(1) == batch.lengths).all()
        assert (batch.tokens[:, 0 if side == "right" else -1] != 0).all()
