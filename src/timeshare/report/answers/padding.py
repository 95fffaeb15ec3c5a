"""Q5: whether padding makes up for sharing."""

from collections.abc import Iterator, Mapping, Sequence

from timeshare.config.models import RecurrentSettings
from timeshare.report.answers.parts import (
    Answer,
    not_measured,
    shared_model,
    signs,
)
from timeshare.report.cells import Cell, Table, difference_cell, model_cell, value_cell
from timeshare.report.figures import Figure, extent_figure, variants_figure
from timeshare.report.lengths import accuracy_between
from timeshare.report.results import Results, Study, Variant
from timeshare.report.statistics import Comparison
from timeshare.report.wording import Direction, compared, verdict

_QUESTION = "Does padding do the trick: can weights for each step of the padded length read any text up to it?"
_METHOD = (
    "Nets with weights for each step of a length beyond the longest training text, trained on padded input: their "
    "later steps have seen padding alone. Accuracy is the mean over the lengths between the longest training text and "
    "the extent. The study pads on either side, and reads the state at the text's own end (masked) or after the pads."
)
_KEYS = ("models", "run.models", "studies.padding", "run.studies")
_LACK = (
    "`run.studies` lacks `padding`, and `run.models` an unshared model whose extent goes beyond the longest "
    "training text (`extent_factor: 2.0`)"
)
_WORDS = Direction("less accurate", "more accurate")  # of shared minus unshared

Extents = Mapping[str, Mapping[str, int]]
Differences = list[tuple[str, Comparison]]


def padded_extent(results: Results) -> Answer:
    """Unshared nets whose extent goes beyond the training texts against shared ones: of the run, and of the study."""
    shared = shared_model(results)
    extents = _extents(results) if shared else {}
    study = results.studies.get("padding")
    sentences, found, rows = _of_run(results, shared, extents) if shared else ([], [], [])
    if study:
        of_study = _of_study(results, study)
        found += of_study
        sentences.append(
            "In the padding study, on lengths that training reached with padding alone, weights for each step against "
            f"one set: {compared(of_study, _WORDS, where='with padding')}."
        )
    if not found:
        return not_measured(_QUESTION, _LACK, _METHOD, _KEYS)
    columns = ["model", "lengths", "its accuracy", f"that of {shared}", f"{shared} minus it"]
    table = Table("Means over seeds of the accuracy between training and extent.", columns, rows, grouped=True)
    return Answer(
        question=_QUESTION,
        verdict=verdict(
            signs(found), yes="No", no="Yes, and better", same="Yes: no difference", where="in {} of {} comparisons"
        ),
        sentences=sentences,
        method=_METHOD,
        keys=_KEYS,
        draw=lambda: [*_figures(results, shared, extents), _study_figure(results, study)],
        table=table if rows else None,
    )


def _extents(results: Results) -> Extents:
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


def _of_run(results: Results, shared: str, extents: Extents) -> tuple[list[str], Differences, list[Sequence[Cell]]]:
    """Sentences, differences and rows of the run's own models, the rows by dataset."""
    found: dict[str, Differences] = {model: [] for model in extents}
    rows: list[Sequence[Cell]] = []
    for dataset, content in results.datasets.items():
        for model in extents:
            extent = extents[model].get(dataset, 0)
            first = content.longest_train + 1
            one, other = (accuracy_between(results, dataset, name, first, extent, "") for name in (shared, model))
            difference = results.compare_values(one, other, dataset, model, "within extent")
            if difference is None:
                continue
            found[model].append((dataset, difference))
            levels = (results.summarise(values, dataset, model, "within extent") for values in (other, one))
            cells = (value_cell("accuracy", level) for level in levels)
            lengths = Cell(f"{first} to {extent}")
            rows.append((Cell(dataset), model_cell(model), lengths, *cells, difference_cell(difference)))
    sentences = [
        f"On texts longer than any in training and within its extent, `{model}` against `{shared}`: "
        f"{compared(items, _WORDS)}."
        for model, items in found.items()
        if items
    ]
    return sentences, [item for items in found.values() for item in items], rows


def _of_study(results: Results, study: Study) -> Differences:
    """The masked shared net minus each unshared one, between the longest training sentence and the extent."""
    shared = next(one for one in study.variants if one.keys["model"] == "shared" and one.keys["mask"])
    return [
        (_padding(one), difference)
        for one in study.variants
        if one.keys["model"] == "unshared" and (difference := results.study_difference(study, shared, one, "between"))
    ]


def _figures(results: Results, shared: str | None, extents: Extents) -> Iterator[Figure | None]:
    for dataset in results.datasets:
        models = [model for model in extents if dataset in extents[model]]
        if shared and models:
            extent = max(extents[model][dataset] for model in models)
            yield extent_figure(results, dataset, (shared, *models), extent)


def _study_figure(results: Results, study: Study | None) -> Figure | None:
    if study is None:
        return None
    labels = {f"{one.keys['model']}, {_padding(one)}": one for one in study.variants}
    regions = {"between": "lengths of padding alone", "trained": "trained lengths", "beyond": "beyond the padding"}
    return variants_figure(results, study, "Accuracy with padding beyond the longest sentence", labels, regions)


def _padding(variant: Variant) -> str:
    return f"{variant.keys['side']}, {'masked' if variant.keys['mask'] else 'unmasked'}"
