"""Padding, bucketing, exact lengths and one sentence at a time: what each costs, on the four Hutto-Gilbert sets.

Two parts, each a ratio within one run:

- training: seconds and real tokens a second of an epoch of the shared LSTM (hidden size 128), the share of
  padding, the distinct padded lengths (graphs, where there is one for each) and batch shapes, and test accuracy. One
  graph for all is `padding`: it runs through every entry; masked, our layer stops at the longest text of each batch;
- iterating: an epoch's batches alone, against torchtext 0.6.0's BucketIterator and a torch DataLoader with a
  pad-collate and the length-grouped sampler of Hugging Face transformers (`make bench-batching` installs it; else it
  is left out).

Everything runs in one thread, and seconds are those that the process computed: on an idle machine they are the
clock's, and on a busy one others do not count. The table of the first part goes to benchmarks/measured/batching.csv,
which the report shows.
"""

import argparse
import importlib.util
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.rnn import pad_sequence

from timeshare.core.batch import Batch
from timeshare.core.prepared.layout import padding_waste
from timeshare.core.prepared.loader import BatchLoader
from timeshare.core.prepared.store import PreparedData, Split
from timeshare.core.seeding import torch_generator
from timeshare.evaluate.tables import Table
from timeshare.models.classifier import SequenceClassifier, build_classifier
from timeshare.models.settings import RecurrentSettings
from timeshare.prepare.prepare import prepare
from timeshare.prepare.settings import PrepareSettings
from timeshare.questions.layouts.regimes import RegimeCost
from timeshare.sources.hutto_gilbert import HuttoGilbertSettings
from timeshare.sources.hutto_gilbert.download import download
from timeshare.sources.ingest import ingest

BATCH_SIZE = 64
BUCKETS = 8
MODEL = RecurrentSettings(encoder="lstm", sharing="shared", hidden_size=128, embedding_size=32)
DATA = HuttoGilbertSettings(
    source="hutto_gilbert",
    sets=("movie_reviews", "tweets", "amazon_reviews", "nyt_editorials"),
    split=(0.05, 0.1),
    length_quantile=1.0,  # no text is set aside for being long
    shuffle_sizes=(1,),
    permutations=1,
    probe_texts=1,
)


@dataclass(frozen=True)
class Regime:
    """A way to make batches: a prepared layout and the limits of a batch."""

    name: str
    layout: str
    batch_size: int | None = BATCH_SIZE
    padded_batches: float | None = None  # token budget, in batches of BATCH_SIZE texts padded to the longest
    pool: int = 1
    mask: bool = True  # false: the net runs through the padding, as one graph for all batches does

    def loader(self, data: PreparedData, split: str, shuffle: bool = True) -> BatchLoader:
        """The loader of a split."""
        budget = None
        if self.padded_batches is not None:
            budget = round(self.padded_batches * BATCH_SIZE * data.meta["longest_train"])
        return BatchLoader(
            data.split(split),
            batch_size=self.batch_size,
            tokens_per_batch=budget,
            pool=self.pool,
            shuffle=shuffle,
        )


REGIMES = (
    Regime("padding", "padding", mask=False),
    Regime("padding, masked", "padding"),
    Regime("bucketing", "bucketing"),
    Regime("bucketing, pools of 2", "bucketing", pool=2),
    Regime("bucketing, token budget, pools of 2", "bucketing", batch_size=None, padded_batches=1.0, pool=2),
    Regime("exact", "exact"),
    Regime("one sentence a batch", "exact", batch_size=1),
)


class Trainee:
    """A classifier that is trained in one regime, an epoch at a time; all start from the same weights."""

    def __init__(self, regime: Regime, data: PreparedData) -> None:
        self.regime = regime
        self.data = data
        self.classifier = build_classifier(
            MODEL.model_copy(update={"mask": regime.mask}),
            vocabulary_size=data.meta["vocabulary_size"],
            num_classes=len(data.meta["classes"]),
            extent=data.meta["longest_train"],
            generator=torch_generator(0, "weights"),
        )
        self.optimiser = torch.optim.AdamW(self.classifier.parameters(), lr=0.003, weight_decay=0.0, fused=True)
        self.loader = regime.loader(data, "train")
        self.seconds: list[float] = []

    def train_epoch(self) -> None:
        """Train one more epoch and time it."""
        self.classifier.train()
        self.loader.set_epoch(len(self.seconds))
        start = time.process_time()
        for batch in self.loader:
            self.optimiser.zero_grad()
            functional.cross_entropy(self.classifier(batch.tokens, batch.lengths), batch.labels).backward()
            clip_grad_norm_(self.classifier.parameters(), 1.0)
            self.optimiser.step()
        self.seconds.append(time.process_time() - start)
        print(f"{self.regime.name}: epoch {len(self.seconds)}, {self.seconds[-1]:.1f} s", file=sys.stderr)

    def result(self) -> RegimeCost:
        """The fastest epoch, the batches and the accuracy."""
        shapes = [tuple(batch.tokens.shape) for batch in self.loader]
        tokens = self.data.meta["splits"]["train"]["tokens"]
        return RegimeCost(
            regime=self.regime.name,
            seconds_per_epoch=min(self.seconds),
            tokens_per_second=tokens / min(self.seconds),
            padding_waste=padding_waste(tokens, sum(rows * length for rows, length in shapes)),
            lengths=len({length for _, length in shapes}),
            shapes=len(set(shapes)),
            steps=len(self.loader),
            epochs=len(self.seconds),
            accuracy=accuracy(self.classifier, self.regime.loader(self.data, "test", shuffle=False)),
            machine=f"{os.cpu_count()} {platform.machine()} cores",
        )


@torch.inference_mode()
def accuracy(classifier: SequenceClassifier, batches: Iterable[Batch]) -> float:
    """Share of right predictions."""
    classifier.eval()
    right = [classifier(batch.tokens, batch.lengths).argmax(1) == batch.labels for batch in batches]
    return float(torch.cat(right).double().mean())


def bucket_iterator(split: Split) -> Callable[[], Iterable[tuple[Tensor, Tensor]]]:
    """Peer: torchtext 0.6.0's BucketIterator; its field is given ids, so that it looks no token up."""
    from torchtext import data as torchtext

    texts = texts_of(split)
    tokens = torchtext.Field(use_vocab=False, pad_token=0, batch_first=True, include_lengths=True)
    label = torchtext.Field(sequential=False, use_vocab=False)
    fields = [("text", tokens), ("label", label)]
    examples = []
    for text, number in zip(texts, split.labels().tolist(), strict=True):
        example = torchtext.Example()
        example.text, example.label = text, number
        examples.append(example)
    iterator = torchtext.BucketIterator(
        torchtext.Dataset(examples, fields),
        BATCH_SIZE,
        sort_key=lambda example: len(example.text),
        sort_within_batch=True,
        shuffle=True,
    )
    return lambda: (batch.text for batch in iterator)


def length_grouped(split: Split) -> Callable[[], Iterable[tuple[Tensor, Tensor]]]:
    """Peer: a DataLoader whose collate pads tensors made beforehand, with transformers' length-grouped sampler."""
    from torch.utils.data import DataLoader
    from transformers.trainer_pt_utils import LengthGroupedSampler

    rows = [(torch.tensor(text), label) for text, label in zip(texts_of(split), split.labels().tolist(), strict=True)]

    def collate(batch: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor, Tensor]:
        texts, labels = zip(*batch, strict=True)
        lengths = torch.tensor([len(text) for text in texts])
        return pad_sequence(texts, batch_first=True), lengths, torch.tensor(labels)

    sampler = LengthGroupedSampler(BATCH_SIZE, lengths=[len(text) for text, _ in rows])
    loader = DataLoader(rows, BATCH_SIZE, sampler=sampler, collate_fn=collate)
    return lambda: ((tokens, lengths) for tokens, lengths, _ in loader)


def texts_of(split: Split) -> list[list[int]]:
    """The ids of each text, in the order of the raw table."""
    texts: list[list[int]] = [[] for _ in range(len(split))]
    for bucket in split.buckets:
        for row, tokens, length in zip(bucket.rows.tolist(), bucket.tokens, bucket.lengths, strict=True):
            texts[row] = tokens[:length].tolist()
    return texts


def bucket_loader(split: Split, pool: int = 1) -> Callable[[], Iterable[tuple[Tensor, Tensor]]]:
    """timeshare's loader over a prepared layout."""
    loader = BatchLoader(split, batch_size=BATCH_SIZE, pool=pool)
    return lambda: ((batch.tokens, batch.lengths) for batch in loader)


def iterate(batches: Callable[[], Iterable[tuple[Tensor, Tensor]]], repeats: int) -> tuple[float, float, int]:
    """Seconds of the fastest of several epochs, the share of padding, and the batches."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        for _batch in batches():
            pass
        seconds.append(time.process_time() - start)
    sizes = [(tokens.numel(), int(lengths.sum())) for tokens, lengths in batches()]
    entries, real = (sum(column) for column in zip(*sizes, strict=True))
    return min(seconds), padding_waste(real, entries), len(sizes)


def compare_training(folder: Path, raw: Path, epochs: int, table: Path) -> None:
    """Print and write the first part; the regimes take turns, so that a busy machine slows all of them alike."""
    trainees = [Trainee(regime, prepared(folder, raw, layout=regime.layout, buckets=BUCKETS)) for regime in REGIMES]
    for _ in range(epochs):
        for trainee in trainees:
            trainee.train_epoch()
    results = [trainee.result() for trainee in trainees]
    padding, masked = (row.seconds_per_epoch for row in results[:2])
    print(f"\nTraining: an epoch of the shared LSTM, hidden size 128; accuracy after {epochs} epochs")
    print(
        f"{'':<36}{'s/epoch':>9}{'of padding':>12}{'of masked':>11}{'tokens/s':>11}{'waste':>8}"
        f"{'lengths':>9}{'shapes':>8}{'steps':>8}{'accuracy':>10}"
    )
    for row in results:
        print(
            f"{row.regime:<36}{row.seconds_per_epoch:>9.2f}{row.seconds_per_epoch / padding:>11.2f}x"
            f"{row.seconds_per_epoch / masked:>10.2f}x{row.tokens_per_second:>11,.0f}{row.padding_waste:>8.1%}"
            f"{row.lengths:>9}{row.shapes:>8}{row.steps:>8}{row.accuracy:>10.3f}"
        )
    Table(tuple(asdict(results[0])), [tuple(asdict(row).values()) for row in results]).write(table)


def compare_iterating(folder: Path, raw: Path, repeats: int) -> None:
    """Print the second part."""
    split = prepared(folder, raw, layout="exact").split("train")
    eight = prepared(folder, raw, buckets=BUCKETS).split("train")
    ways = {
        "timeshare, exact": bucket_loader(split),
        "timeshare, 8 buckets, pool 1": bucket_loader(eight),
        "timeshare, 8 buckets, pool 2": bucket_loader(eight, pool=2),
        "timeshare, 8 buckets, pool 4": bucket_loader(eight, pool=4),
        "timeshare, 32 buckets": bucket_loader(prepared(folder, raw, buckets=32).split("train")),
        "torchtext BucketIterator": bucket_iterator(split),
    }
    if importlib.util.find_spec("transformers"):
        ways["DataLoader, length-grouped"] = length_grouped(split)
    else:
        print("transformers is not installed, so its sampler is left out: pip install -e '.[bench]'")
    results = {name: iterate(batches, repeats) for name, batches in ways.items()}
    peers = [seconds for name, (seconds, _, _) in results.items() if not name.startswith("timeshare")]
    print(f"\nIterating: an epoch's batches of {BATCH_SIZE}, no model; fastest of {repeats}")
    print(f"{'':<30}{'ms/epoch':>10}{'waste':>8}{'batches':>9}{'times as fast as the faster peer':>34}")
    for name, (seconds, waste, batches) in results.items():
        print(f"{name:<30}{seconds * 1000:>10.1f}{waste:>8.2%}{batches:>9}{min(peers) / seconds:>33.1f}x")


def prepared(folder: Path, raw: Path, **settings: object) -> PreparedData:
    """The prepared data of a layout, made when it is first asked for."""
    target = folder / "-".join(str(value) for value in settings.values())
    if not target.exists():
        target.mkdir()
        prepare(raw, target, PrepareSettings(**settings))
    return PreparedData.open(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=5, help="epochs iterated without a model")
    parser.add_argument("--downloads", type=Path, help="folder of the four sets; without it they are downloaded")
    parser.add_argument("--table", type=Path, default=Path(__file__).parent / "measured/batching.csv")
    parser.add_argument("--only", choices=["training", "iterating"])
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        downloads = options.downloads
        if downloads is None:
            downloads = folder / "downloads"
            downloads.mkdir()
            download(downloads)
        raw = folder / "raw"
        raw.mkdir()
        ingest("all", DATA, raw, downloads)
        lengths = prepared(folder, raw, layout="exact").split("train").lengths()
        print(f"{len(lengths):,} training texts of {lengths.min()} to {lengths.max()} tokens, {lengths.sum():,} tokens")
        if options.only != "training":
            compare_iterating(folder, raw, options.repeats)
        if options.only != "iterating":
            compare_training(folder, raw, options.epochs, options.table)


if __name__ == "__main__":
    main()
