import numpy as np
import pytest
import torch

from tests.data.tables import lengths_as_rows, prepared, write_raw_tables
from timeshare.data.loader import BucketLoader
from timeshare.data.sampler import BatchSampler
from timeshare.data.store import Split


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Split:
    folder = tmp_path_factory.mktemp("loader")
    lengths = np.random.default_rng(0).integers(1, 20, 90).tolist()
    raw = write_raw_tables(folder / "raw", train=lengths_as_rows(lengths))
    return prepared(folder / "out", raw, buckets=3).split("train")


def test_an_epoch_holds_every_example_once_as_the_store_has_it(split: Split) -> None:
    batches = list(BucketLoader(split, BatchSampler(split.shapes, batch_size=8)))
    rows = torch.cat([batch.rows for batch in batches])
    assert sorted(rows.tolist()) == list(range(90))
    assert np.array_equal(torch.cat([batch.lengths for batch in batches]), split.lengths()[rows])
    assert np.array_equal(torch.cat([batch.labels for batch in batches]), split.labels()[rows])
    for batch in batches:
        assert ((batch.tokens != 0).sum(1) == batch.lengths).all()


def test_it_goes_on_from_its_state(split: Split) -> None:
    loader = BucketLoader(split, BatchSampler(split.shapes, batch_size=8))
    resumed = BucketLoader(split, BatchSampler(split.shapes, batch_size=8))
    iterator = iter(loader)
    next(iterator), next(iterator)
    resumed.load_state_dict(loader.state_dict())
    assert len(loader) == len(resumed)
    for left, right in zip(iterator, resumed, strict=True):
        assert left.rows.tolist() == right.rows.tolist()


def test_a_sampler_of_other_buckets_is_refused(split: Split) -> None:
    with pytest.raises(ValueError, match="are not those of split train"):
        BucketLoader(split, BatchSampler([(90, 20)], batch_size=8))
