"""The prepared data as Lightning wants it."""

from functools import cached_property
from pathlib import Path

from timeshare.core.prepared.loader import BucketLoader
from timeshare.core.prepared.sampler import BatchSampler
from timeshare.core.prepared.store import PreparedData
from timeshare.train.lightning import pl
from timeshare.train.settings import TrainSettings


class PreparedDataModule(pl.LightningDataModule):
    """Loaders over prepared data; validation and test go in a fixed order.

    The loaders divide each step among the trainer's processes themselves: the Trainer needs
    use_distributed_sampler=False only to say so, since it leaves loaders that are no torch DataLoader as they are.

    Args:
        folder: data/prepared/DATASET.
        train: gives `batch_size` and `tokens_per_batch`, each a limit of a step over all processes, and `pool`.
        seed: of the order of the training batches.
        cut: whether batches may be shorter than their bucket; not where the padding matters, to a graph for each
            bucket or to a model that reads it.
    """

    def __init__(self, folder: Path, train: TrainSettings, seed: int, *, cut: bool = True) -> None:
        super().__init__()
        self.folder = folder
        self.settings = train
        self.seed = seed
        self.cut = cut

    @cached_property
    def prepared(self) -> PreparedData:
        """The data, mapped when it is first asked for."""
        return PreparedData.open(self.folder, ("train", "valid", "test"))

    def train_dataloader(self) -> BucketLoader:
        """Every training example once an epoch, in an order of (seed, epoch)."""
        return self._loader("train", shuffle=True)

    def val_dataloader(self) -> BucketLoader:
        """Every validation example once, in order."""
        return self._loader("valid", shuffle=False)

    def test_dataloader(self) -> BucketLoader:
        """Every test example once, in order."""
        return self._loader("test", shuffle=False)

    def _loader(self, name: str, *, shuffle: bool) -> BucketLoader:
        split = self.prepared.split(name)
        # Layout `padding` is asked for to have one length; without padding there is nothing to cut.
        pool = self.settings.pool if self.cut and self.prepared.meta["layout"] == "bucketing" else 1
        sampler = BatchSampler(
            split.bucket_lengths,
            split.bounds,
            batch_size=self.settings.batch_size,
            tokens_per_batch=self.settings.tokens_per_batch,
            pool=pool,
            shuffle=shuffle,
            seed=self.seed,
            rank=self.trainer.global_rank if self.trainer else 0,
            world_size=self.trainer.world_size if self.trainer else 1,
        )
        return BucketLoader(split, sampler)
