"""Q6: what padding costs."""

from timeshare.report.answers.parts import Answer
from timeshare.report.figures import waste_figure
from timeshare.report.results import Results
from timeshare.report.wording import listing, percent, plural

_QUESTION = "Padding serves efficiency: what do the layouts waste, and how many shapes do they need?"
_METHOD = (
    "Share of the training split's cells that hold padding. Padding: one length for all texts. Bucketing: each text "
    "padded to the next bound. Exact: a bucket for each length. A fact of the data, without chance and so without "
    "interval; predictions are equal under all three."
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
        ),
        method=_METHOD,
        keys=("prepare", "datasets"),
        draw=lambda: [waste_figure(results)],
    )
