"""Q6: what padding costs."""

from collections.abc import Sequence

from timeshare.report.answers.parts import Answer
from timeshare.report.figures import regimes_figure, waste_figure
from timeshare.report.results import Regime, Results
from timeshare.report.wording import listing, percent, plural

_QUESTION = "Padding serves efficiency: what do the layouts waste, and how many shapes do they need?"
_METHOD = (
    "Share of the training split's cells that hold padding. Padding: one length for all texts. Bucketing: each text "
    "padded to the next bound. Exact: a bucket for each length. A fact of the data, without chance and so without "
    "interval; predictions of masked models are equal under all three. Times: one run of make bench-batching on the "
    "machine it names, not of this run; the fastest epoch of a shared LSTM on the four Hutto-Gilbert sets."
)


def layouts(results: Results) -> Answer:
    """Padding waste and shapes by layout."""
    wastes = {dataset: content.meta["waste"] for dataset, content in results.datasets.items()}
    padding = listing([f"{percent(waste['padding'])} on {dataset}" for dataset, waste in wastes.items()])
    buckets = listing([f"{percent(waste['bucketing'])} on {dataset}" for dataset, waste in wastes.items()])
    used = [
        f"{content.meta['layout']} on {dataset} ({plural(len(content.meta['bounds']), 'shape')})"
        for dataset, content in results.datasets.items()
    ]
    return Answer(
        question=_QUESTION,
        verdict=f"Up to {percent(max(waste['padding'] for waste in wastes.values()))}",
        sentences=(
            f"Of the cells, padding all texts to one length wastes {padding}; bucketing wastes {buckets}; a bucket for "
            "each length wastes none.",
            f"This run used {listing(used)}.",
            _times(results.regimes),
        ),
        method=_METHOD,
        keys=("prepare", "datasets"),
        draw=lambda: [waste_figure(results), regimes_figure(results)],
    )


def _times(regimes: Sequence[Regime]) -> str:
    """What the other ways to make batches take of the time of the first, which pads all texts to one length."""
    if not regimes:
        return "What the layouts cost in time is not measured: `make bench-batching` does it."
    first, *others = regimes
    shares = [f"{one.regime} {one.seconds_per_epoch / first.seconds_per_epoch:.2f}" for one in others]
    return (
        f"Of the time that an epoch takes with {first.regime} ({first.seconds_per_epoch:.3g} s), on {first.machine}: "
        f"{'; '.join(shares)}."
    )
