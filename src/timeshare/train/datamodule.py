"""The prepared data as Lightning wants it."""

from lightning.pytorch import LightningDataModule

from timeshare.core.config.settings import TrainSettings
from timeshare.core.prepared.loader import BatchLoader
from timeshare.core.prepared.store import PreparedData


class PreparedDataModule(LightningDataModule):
    """Loaders over prepared data; validation goes in a fixed order.

    The loaders divide each step among the trainer's processes themselves: the Trainer needs
    use_distributed_sampler=False only to say so, since it leaves loaders that are no torch DataLoader as they are.

    Args:
        prepared: the data.
        train: gives `batch_size` and `tokens_per_batch`, each a limit of a step over all processes, and `pool`.
        seed: of the order of the training batches.
        cut: whether batches may be shorter than their bucket; not where the padding matters, to a graph for each
            bucket or to a model that reads it.
    """

    def __init__(self, prepared: PreparedData, train: TrainSettings, seed: int, *, cut: bool = True) -> None:
        super().__init__()
        self.prepared = prepared
        self.settings = train
        self.seed = seed
        self.cut = cut

    def train_dataloader(self) -> BatchLoader:
        """Every training example once an epoch, in an order of (seed, epoch)."""
        return self._loader("train", shuffle=True)

    def val_dataloader(self) -> BatchLoader:
        """Every validation example once, in order."""
        return self._loader("valid", shuffle=False)

    def _loader(self, name: str, *, shuffle: bool) -> BatchLoader:
        # Layout `padding` is asked for to have one length; without padding there is nothing to cut.
        pool = self.settings.pool if self.cut and self.prepared.meta["layout"] == "bucketing" else 1
        return BatchLoader(
            self.prepared.split(name),
            batch_size=self.settings.batch_size,
            tokens_per_batch=self.settings.tokens_per_batch,
            pool=pool,
            shuffle=shuffle,
            seed=self.seed,
            rank=self.trainer.global_rank if self.trainer else 0,
            world_size=self.trainer.world_size if self.trainer else 1,
        )
