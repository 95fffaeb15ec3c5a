"""Q10 to Q12: one set of weights for many, models without recurrence, and the plain cell against the LSTM."""

from timeshare.models.settings import BagOfWordsSettings, ConvolutionSettings, FeedForwardSettings
from timeshare.report.answers.learned import unlearned_clause
from timeshare.report.answers.parts import (
    Answer,
    differences,
    lacks_study,
    not_measured,
    shared_model,
    signs,
)
from timeshare.report.cells import Cell, Table
from timeshare.report.figures import variants_figure
from timeshare.report.results import Results
from timeshare.report.tables import contrast_table
from timeshare.report.wording import Direction, clauses, compared, count, listing, scientific, verdict

_IMITATION = "Can one set of weights do exactly what a net with weights for each step does?"
_IMITATION_METHOD = (
    "Random plain nets with weights for each step, and for each a net with one set that imitates it: T times as wide, "
    "its recurrent weights block sub-diagonal, so that block t holds at step t what the other net's state is. Compared "
    "in float64 on random input at every length; the LSTM is not covered, for its cell state takes another way."
)
_STATELESS = "Do models without recurrence do as well: bag of words, a net by position, convolution shared or not?"
_STATELESS_METHOD = (
    "An unrolled unshared LSTM is a feed-forward net with a cell state. Beside the shared LSTM stand models that "
    "ignore position, models with weights for each position, and convolutions of both kinds."
)
_CELLS = "What do the LSTM's gates add to the plain cell tanh(W h + U x)?"
_CELLS_METHOD = (
    "Both with shared weights and equal hidden size, and the plain cell again with as many parameters as the LSTM."
)
_SIZES = ("unshared_size", "shared_size", "unshared_parameters", "shared_parameters")
_ROUNDING = 1e-9  # far above what float64 loses here, far below any difference of substance


def imitation(results: Results) -> Answer:
    """The largest difference between a net and its imitation."""
    keys = ("studies.imitation", "run.studies")
    study = results.studies.get("imitation")
    if study is None:
        return not_measured(_IMITATION, lacks_study(results, "imitation"), _IMITATION_METHOD, keys)
    sizes = {
        int(one.keys["steps"]): {name: max(values.values()) for name, values in one.metrics.items()}
        for one in study.variants
    }
    largest = max(size["difference"] for size in sizes.values())
    exact = largest < _ROUNDING
    widths = [
        f"{count(size['shared_size'])} units for {count(size['unshared_size'])} over {steps} steps"
        for steps, size in sizes.items()
    ]
    columns = ["steps", "largest difference", "units", "of the imitation", "parameters", "of the imitation"]
    rows = [
        (Cell(str(steps)), Cell(scientific(size["difference"])), *(Cell(count(size[name])) for name in _SIZES))
        for steps, size in sizes.items()
    ]
    return Answer(
        question=_IMITATION,
        verdict="Yes, at a price in width" if exact else "No",
        sentences=(
            f"The largest difference of any number of the final states, at any length, is {scientific(largest)}"
            f"{', that of rounding' if exact else ''}; it takes {listing(widths)}.",
        ),
        method=_IMITATION_METHOD,
        keys=keys,
        table=Table("The largest difference over all seeds, inputs and lengths, and the sizes.", columns, rows),
    )


def stateless(results: Results) -> Answer:
    """Each model without recurrence against the shared one."""
    keys = ("models", "run.models")
    kinds = (BagOfWordsSettings, FeedForwardSettings, ConvolutionSettings)
    models = [name for name in results.models if isinstance(results.params.models[name], kinds)]
    shared = shared_model(results)
    if not models or not shared:
        lack = "`run.models` has no shared recurrent model beside one without recurrence"
        return not_measured(_STATELESS, lack, _STATELESS_METHOD, keys)
    words = Direction("more accurate", "less accurate")
    found = {model: differences(results, model, shared, "accuracy") for model in models}
    guessing = unlearned_clause(results, shared)
    return Answer(
        question=_STATELESS,
        verdict=verdict(
            [sign for items in found.values() for sign in signs(items)],
            yes="Yes, better",
            no="No, worse",
            same="Yes: no difference",
            where="in {} of {} cases",
        ),
        sentences=[
            f"At the lengths of training, `{model}` against `{shared}`: {clauses(compared(items, words), guessing)}."
            for model, items in found.items()
        ],
        method=_STATELESS_METHOD,
        keys=keys,
        table=contrast_table(results, ("accuracy", "order_score", "length_score"), shared, [shared, *models]),
    )


def cells(results: Results) -> Answer:
    """The LSTM against the plain cell, from the study."""
    keys = ("studies.cells", "run.studies")
    study = results.studies.get("cells")
    if study is None:
        return not_measured(_CELLS, lacks_study(results, "cells"), _CELLS_METHOD, keys)
    by_key = {(str(one.keys["dataset"]), str(one.keys["cell"])): one for one in study.variants}
    datasets = list(dict.fromkeys(dataset for dataset, _ in by_key))
    found = {
        metric: [
            (dataset, difference)
            for dataset in datasets
            if (difference := results.study_difference(study, by_key[dataset, "lstm"], by_key[dataset, "rnn"], metric))
        ]
        for metric in _SCORES
    }
    labels = {f"{dataset}: {_CELL_NAMES.get(cell, cell)}": one for (dataset, cell), one in by_key.items()}
    return Answer(
        question=_CELLS,
        verdict=verdict(signs(found["accuracy"]), yes="Accuracy", no="Nothing; they cost"),
        sentences=[
            f"{_SCORES[metric].capitalize()} of the LSTM against the plain cell of equal size: "
            f"{compared(items, Direction('higher', 'lower'))}."
            for metric, items in found.items()
            if items
        ],
        method=_CELLS_METHOD,
        keys=keys,
        draw=lambda: [variants_figure(results, study, "The plain cell and the LSTM", labels, _SCORES)],
    )


_SCORES = {"accuracy": "accuracy", "length_score": "length score", "order_score": "order score"}
_CELL_NAMES = {"lstm": "LSTM", "rnn": "plain", "rnn_matched": "plain, wider"}
