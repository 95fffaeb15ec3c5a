"""Q5 and Q6: whether padding makes up for sharing, and what padding costs."""

from collections.abc import Iterator

import numpy as np

from timeshare.config.models import RecurrentSettings
from timeshare.report.answers.parts import Answer, drawn, not_measured, shared_model, signs
from timeshare.report.figures import Figure, extent_figure, waste_figure
from timeshare.report.lengths import accuracy_between
from timeshare.report.results import Results
from timeshare.report.tables import Cell, Table, difference_cell, model_cell, value_cell
from timeshare.report.wording import Direction, compared, listing, percent, plural, verdict

_EXTENT = "Does padding do the trick: can weights for each step of the padded length read any text up to it?"
_EXTENT_METHOD = (
    "A model with weights for each step of a length beyond the longest training text, trained on padded input: its "
    "later steps have seen padding alone. Accuracy is the mean over the lengths between the longest training text and "
    "the model's extent."
)
_EXTENT_KEYS = ("models", "run.models", "run.seeds")
_LAYOUTS = "Padding serves efficiency: what do the layouts waste, and how many shapes do they need?"
_LAYOUTS_METHOD = (
    "Share of the training split's cells that hold padding. Padding: one length for all texts. Bucketing: each text "
    "padded to the next bound. Exact: a bucket for each length. A fact of the data, without chance and so without "
    "interval; predictions are equal under all three."
)
_LAYOUTS_KEYS = ("prepare", "datasets")


def padded_extent(results: Results) -> Answer:
    """The shared model against each unshared one whose extent goes beyond the training texts."""
    shared = shared_model(results)
    padded = _beyond_training(results)
    if not shared or not padded:
        lack = (
            "`run.models` has no unshared model whose extent goes beyond the longest training text "
            "(`extent_factor: 2.0`)"
        )
        return not_measured(_EXTENT, lack, _EXTENT_METHOD, _EXTENT_KEYS)
    words = Direction("less accurate", "more accurate")  # of shared minus padded
    sentences, found, rows = [], [], []
    for model, extents in padded.items():
        compared_here = []
        for dataset, extent in extents.items():
            first = results.datasets[dataset].longest_train + 1
            one, other = (accuracy_between(results, dataset, name, first, extent, "") for name in (model, shared))
            difference = results.compare_values(other, one, dataset, model, "within extent")
            if difference is None:
                continue
            compared_here.append((dataset, difference))
            levels = results.summarise(np.array([[*one.values()], [*other.values()]]), dataset, model, "within extent")
            cells = (value_cell("accuracy", level) for level in levels)
            lengths = Cell(f"{first} to {extent}")
            rows.append((Cell(dataset), model_cell(model), lengths, *cells, difference_cell(difference)))
        clauses = compared(compared_here, words)
        sentences.append(
            f"On texts longer than any in training and within its extent, `{model}` against `{shared}`: {clauses}."
        )
        found += compared_here
    rows.sort(key=lambda row: list(results.datasets).index(row[0].text))
    columns = ["model", "lengths", "its accuracy", f"that of {shared}", f"{shared} minus it"]
    return Answer(
        question=_EXTENT,
        verdict=verdict(
            signs(found), yes="No", no="Yes, and better", same="Yes: no difference", where="in {} of {} comparisons"
        ),
        sentences=sentences,
        method=_EXTENT_METHOD,
        keys=_EXTENT_KEYS,
        figures=drawn(_figures(results, shared, padded)),
        table=Table("Means over seeds of the accuracy between training and extent.", columns, rows, True),
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
        question=_LAYOUTS,
        verdict=f"Up to {percent(max(waste['padding'] for waste in wastes.values()))}",
        sentences=(
            f"Of the cells, padding all texts to one length wastes {padding}; bucketing wastes {buckets}; a bucket for "
            "each length wastes none.",
            f"This run used {listing(used)}.",
        ),
        method=_LAYOUTS_METHOD,
        keys=_LAYOUTS_KEYS,
        figures=(waste_figure(results),),
    )


def _beyond_training(results: Results) -> dict[str, dict[str, int]]:
    """The unshared models with steps beyond the longest training text: {model: {dataset: longest text within}}."""
    found: dict[str, dict[str, int]] = {}
    for model in results.models:
        settings = results.params.models[model]
        if not isinstance(settings, RecurrentSettings) or settings.sharing != "unshared":
            continue
        for dataset, content in results.datasets.items():
            # Within its extent a model needs no rule.
            within = [row.length for row in results.runs(dataset, model)[0].lengths if row.rule == ""]
            if within and max(within) > content.longest_train:
                found.setdefault(model, {})[dataset] = max(within)
    return found


def _figures(results: Results, shared: str, padded: dict[str, dict[str, int]]) -> Iterator[Figure | None]:
    for dataset in results.datasets:
        models = [model for model, extents in padded.items() if dataset in extents]
        if models:
            extent = max(padded[model][dataset] for model in models)
            yield extent_figure(results, dataset, (shared, *models), extent)
