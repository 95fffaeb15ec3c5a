"""The LSTM against the plain cell, from the study."""

from timeshare.report.answer import Answer
from timeshare.report.figures.variants import variants_figure
from timeshare.report.results import Results
from timeshare.report.roles import signs, study_differences
from timeshare.report.wording import HIGHER, compared, verdict

METHOD = "Both with shared weights and equal hidden size, and the plain cell again with as many parameters as the LSTM."
KEYS = ("studies.cells", "run.studies")
_SCORES = {"accuracy": "accuracy", "length_score": "length score", "order_score": "order score"}
_CELLS = {"lstm": "LSTM", "rnn": "plain", "rnn_matched": "plain, wider"}


def answer(results: Results) -> Answer:
    """Compare the two at equal size."""
    study = results.studies["cells"]
    by_key = {(str(one.keys["dataset"]), str(one.keys["cell"])): one for one in study.variants}
    datasets = dict.fromkeys(dataset for dataset, _ in by_key)
    pairs = [(dataset, by_key[dataset, "lstm"], by_key[dataset, "rnn"]) for dataset in datasets]
    found = {metric: study_differences(results, study, pairs, metric) for metric in _SCORES}
    labels = {f"{dataset}: {_CELLS.get(cell, cell)}": one for (dataset, cell), one in by_key.items()}
    return Answer(
        verdict(signs(found["accuracy"]), yes="Higher accuracy", no="Lower accuracy", same="No clear difference"),
        [
            f"Compared with a plain cell with as large a state, the {name} of the LSTM is {compared(items, HIGHER)}."
            for name, items in zip(_SCORES.values(), found.values(), strict=True)
            if items
        ],
        draw=lambda: [variants_figure(results, study, "The plain cell and the LSTM", labels, _SCORES)],
    )
