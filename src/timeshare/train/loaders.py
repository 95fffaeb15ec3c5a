"""The batches of a fit: every training text once an epoch in a new order, the validation texts in a fixed one."""

from timeshare.core.prepared.loader import BatchLoader
from timeshare.core.prepared.store import PreparedData
from timeshare.train.settings import TrainSettings


def train_and_valid(
    prepared: PreparedData, train: TrainSettings, seed: int, *, cut: bool = True, rank: int = 0, world_size: int = 1
) -> tuple[BatchLoader, BatchLoader]:
    """The loaders of the two splits.

    Args:
        prepared: the data.
        train: gives `batch_size` and `tokens_per_batch`, each a limit of a step over all processes, and `pool`.
        seed: of the order of the training batches.
        cut: whether batches may be shorter than their bucket; not where the padding matters, to a graph for each
            bucket or to a model that reads it.
        rank: this process, from 0.
        world_size: number of processes.
    """
    # Layout `padding` is asked for to have one length; without padding there is nothing to cut.
    pool = train.pool if cut and prepared.meta["layout"] == "bucketing" else 1

    def loader(name: str, *, shuffle: bool) -> BatchLoader:
        return BatchLoader(
            prepared.split(name),
            batch_size=train.batch_size,
            tokens_per_batch=train.tokens_per_batch,
            pool=pool,
            shuffle=shuffle,
            seed=seed,
            rank=rank,
            world_size=world_size,
        )

    return loader("train", shuffle=True), loader("valid", shuffle=False)
