"""Unshared nets whose extent goes beyond the training texts against shared ones: of the run, and of the study."""

from collections.abc import Iterator, Mapping, Sequence

from timeshare.models.settings import RecurrentSettings
from timeshare.report.answer import Answer, lacks_study, not_measured
from timeshare.report.drawing import Figure
from timeshare.report.entries import (
    ABSENT,
    UNTRAINED_COLUMNS,
    Entry,
    Table,
    difference_entry,
    model_entry,
    untrained_entries,
    value_entry,
)
from timeshare.report.figures.lengths import length_figure
from timeshare.report.figures.variants import variants_figure
from timeshare.report.lengths import accuracy_between, constant_between
from timeshare.report.records import Study, Variant
from timeshare.report.results import Results
from timeshare.report.roles import shared_model, signs, study_differences
from timeshare.report.statistics import Comparison
from timeshare.report.wording import Direction, compared, listing, share_with_interval, verdict

METHOD = (
    "Nets with weights for each step of a length beyond the longest training text, trained on padded input: their "
    "later steps have seen padding alone. Accuracy is the mean over the lengths between the longest training text and "
    "the extent. The study pads on either side, and the net skips the padding or reads it like words; "
    "where a net gets less than half of the trained lengths right, it has nothing to carry over, and is not compared."
)
KEYS = ("models", "run.models", "studies.padding", "run.studies")
_WORDS = Direction("less accurate", "more accurate", "not clearly different")  # of shared minus unshared
# A net below it at the lengths of training has learned too little to carry anything over.
_LEARNED = 0.5

Extents = Mapping[str, Mapping[str, int]]
Differences = list[tuple[str, Comparison]]


def answer(results: Results) -> Answer:
    """Compare both, each on the lengths between the longest training text and the extent."""
    shared = shared_model(results)
    extents = _extents(results) if shared else {}
    study = results.studies.get("padding")
    sentences, found, rows = _of_run(results, shared, extents) if shared else ([], [], [])
    if study:
        of_study = _of_study(results, study)
        found += of_study
        sentences.append(
            "In the padding study, on texts so long that training filled their last steps with padding alone, weights "
            f"for each step are, compared with one set, {compared(of_study, _WORDS, where='with padding')}."
            if of_study
            else "In the padding study no padding let both kinds of net learn the lengths of training."
        )
        sentences.append(
            f"On texts as long as those of training, weights for each step get {_trained(results, study, 'unshared')}, "
            f"and one set gets {_trained(results, study, 'shared')}."
        )
    if not found:
        lack = f"`run.models` lacks an unshared model with `extent_factor: 2.0`, and {lacks_study(results, 'padding')}"
        return not_measured(lack)
    columns = ["model", "lengths", "its accuracy", f"that of {shared}", f"{shared} minus it"]
    table = Table("Means over seeds of the accuracy between training and extent.", columns, rows, grouped=True)
    return Answer(
        verdict(
            signs(found),
            yes="No",
            no="Yes, and better",
            same="Yes: no difference",
            where="in {} of {} comparisons",
            mixed="Depends on the padding" if study else "Depends on the data",
        ),
        sentences,
        table if rows else None,
        lambda: _figures(results, shared, extents, study),
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


def _of_run(results: Results, shared: str, extents: Extents) -> tuple[list[str], Differences, list[Sequence[Entry]]]:
    """Sentences, differences and rows of the run's own models, the rows by dataset."""
    found: dict[str, Differences] = {model: [] for model in extents}
    rows: list[Sequence[Entry]] = []
    for dataset, content in results.datasets.items():
        for model in extents:
            extent = extents[model].get(dataset, 0)
            first = content.longest_train + 1
            one, other = (accuracy_between(results, dataset, name, first, extent) for name in (shared, model))
            difference = results.compare_values(one, other, dataset, model, "within extent")
            if difference is None:
                continue
            found[model].append((dataset, difference))
            levels = (results.summarise(values, dataset, model, "within extent") for values in (other, one))
            entries = [value_entry("accuracy", level) for level in levels]
            lengths = Entry(f"{first} to {extent}")
            rows.append((Entry(dataset), model_entry(model), lengths, *entries, difference_entry(difference)))
            constant = constant_between(results, dataset, first, extent)
            untrained = zip(UNTRAINED_COLUMNS, untrained_entries(constant, len(content.classes)), strict=True)
            rows += [(Entry(dataset), Entry(name), lengths, level, entries[1], ABSENT) for name, level in untrained]
    sentences = [
        f"On texts longer than any in training and within its extent, `{model}` is, compared with `{shared}`, "
        f"{compared(items, _WORDS)}."
        for model, items in found.items()
        if items
    ]
    return sentences, [item for items in found.values() for item in items], rows


def _of_study(results: Results, study: Study) -> Differences:
    """A shared net minus each unshared one that is padded like it, between the longest sentence and the extent.

    Paddings that kept one of the two from learning the lengths of training are left out.
    """
    nets = {(one.keys["model"], _padding(one)): one for one in study.variants}
    # Under a mask a shared net never sees the padding, so one serves both sides.
    masked = next(one for one in study.variants if one.keys["model"] == "shared" and one.keys["mask"])

    def has_learned(net: Variant) -> bool:
        summary = results.study_summary(study, net, "trained")
        return summary is not None and summary.mean >= _LEARNED

    unshared = [(padding, one) for (model, padding), one in nets.items() if model == "unshared"]
    pairs = [(padding, nets.get(("shared", padding), masked), one) for padding, one in unshared]
    learned = [pair for pair in pairs if has_learned(pair[1]) and has_learned(pair[2])]
    return study_differences(results, study, learned, "between")


def _trained(results: Results, study: Study, model: str) -> str:
    """Accuracies at the lengths of training: where they are a guess's, nothing was there to carry over."""
    return listing(
        [
            f"{share_with_interval(summary)} ({_padding(one)})"
            for one in study.variants
            if one.keys["model"] == model and (summary := results.study_summary(study, one, "trained"))
        ]
    )


def _figures(results: Results, shared: str | None, extents: Extents, study: Study | None) -> Iterator[Figure | None]:
    for dataset in results.datasets:
        models = [model for model in extents if dataset in extents[model]]
        if shared and models:
            extent = max(extents[model][dataset] for model in models)
            yield length_figure(results, dataset, (shared, *models), extent)
    if study:
        labels = {f"{one.keys['model']}, {_padding(one)}": one for one in study.variants}
        regions = {"between": "lengths of padding alone", "trained": "trained lengths", "beyond": "beyond the padding"}
        yield variants_figure(results, study, "Accuracy with padding beyond the longest sentence", labels, regions)


def _padding(variant: Variant) -> str:
    place = "after" if variant.keys["side"] == "right" else "before"
    return f"{place} the text, {'skipped' if variant.keys['mask'] else 'read like words'}"
