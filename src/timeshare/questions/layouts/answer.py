"""Padding waste and shapes by layout, and what the layouts cost in time."""

from collections.abc import Sequence

from timeshare.questions.layouts.figure import regimes_figure, waste_figure
from timeshare.questions.layouts.regimes import RegimeCost, read_regimes
from timeshare.report.answer import Answer
from timeshare.report.results import Results
from timeshare.report.wording import listing, percent, plural

METHOD = (
    "Share of the training split's entries that hold padding. Padding: one length for all texts. Bucketing: each text "
    "padded to the next bound. Exact: a bucket for each length. A fact of the data, without chance and so without "
    "interval; predictions of masked models are equal under all three. Times: one run of make bench-batching on the "
    "machine it names, not of this run; the fastest epoch of a shared LSTM on the four Hutto-Gilbert sets."
)
KEYS = ("prepare", "datasets")


def answer(results: Results) -> Answer:
    """What meta.json says of each dataset, and the benchmark of each way to make batches."""
    regimes = read_regimes(results.root)
    wastes = {dataset: content.meta["waste"] for dataset, content in results.datasets.items()}
    padding, buckets = (
        listing([f"{percent(waste[layout])} on {dataset}" for dataset, waste in wastes.items()])
        for layout in ("padding", "bucketing")
    )
    used = [
        f"{content.meta['layout']} on {dataset} ({plural(len(content.meta['bounds']), 'shape')})"
        for dataset, content in results.datasets.items()
    ]
    return Answer(
        f"Up to {percent(max(waste['padding'] for waste in wastes.values()))}",
        (
            f"Of the entries, padding all texts to one length wastes {padding}; bucketing wastes {buckets}; a "
            "bucket for each length wastes none.",
            f"This run used {listing(used)}.",
            _times(regimes),
        ),
        draw=lambda: [waste_figure(results), regimes_figure(regimes)],
    )


def _times(regimes: Sequence[RegimeCost]) -> str:
    """What the other ways to make batches take of the time of the first, which pads all texts to one length."""
    if not regimes:
        return "What the layouts cost in time is not measured: in a clone of timeshare `make bench-batching` does it."
    first, *others = regimes
    shares = [f"{one.regime} {one.seconds_per_epoch / first.seconds_per_epoch:.2f}" for one in others]
    return (
        f"Of the time that an epoch takes with {first.regime} ({first.seconds_per_epoch:.3g} s), on {first.machine}: "
        f"{'; '.join(shares)}."
    )
