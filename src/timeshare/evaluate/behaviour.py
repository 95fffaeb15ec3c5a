"""Everything that a trained model is asked beside its predictions, as metrics and files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timeshare.core.artifacts import write_json
from timeshare.core.prepared.store import PreparedData
from timeshare.core.prepared.tokenisers import tokeniser_of
from timeshare.evaluate.generalisation import lengths_table, position_table, quantile_table
from timeshare.evaluate.interference import families_of, interference_table
from timeshare.evaluate.judging import as_json, judge, pass_counts
from timeshare.evaluate.metrics import all_metrics
from timeshare.evaluate.predictions import Predictions
from timeshare.evaluate.similarity import similarity_table
from timeshare.evaluate.states import references_of, states_table
from timeshare.evaluate.suites import load_suite
from timeshare.evaluate.tables import Table
from timeshare.evaluate.text_classifier import TextClassifier


@dataclass(frozen=True)
class Behaviour:
    """What one trained model does.

    Attributes:
        metrics: by name, as docs/evaluation.md lists them.
        tables: by file name; those without a row are left out.
        documents: JSON by file name.
    """

    metrics: Mapping[str, float]
    tables: Mapping[str, Table]
    documents: Mapping[str, Any]

    def write(self, folder: Path) -> None:
        """Write a CSV file for each table, and the documents."""
        for name, table in self.tables.items():
            table.write(folder / name)
        for name, document in self.documents.items():
            write_json(folder / name, document)


def observe(
    model: TextClassifier, data: PreparedData, predictions: Predictions, *, source: str, suite: Path | None
) -> Behaviour:
    """Measure all that a model and the data that it was trained on allow.

    Args:
        source: of the data; that of `sentences` tells families of fronted sentences apart.
        suite: hand-written cases to ask; None: none.
    Raises:
        UserError: the suite cannot be read or does not fit the model.
    """
    classifier = model.classifier
    families = families_of(data, OPENERS.get(source, "").split())
    similarity, similarity_metrics = similarity_table(classifier, data.meta["longest_train"])
    interference, interference_metrics = interference_table(classifier, data.split("train"), families)
    tables = {
        "lengths.csv": lengths_table(predictions),
        "length_quantiles.csv": quantile_table(predictions),
        "positions.csv": position_table(predictions),
        "similarity.csv": similarity,
        "interference.csv": interference,
    }
    metrics = {**all_metrics(predictions), **similarity_metrics, **interference_metrics}
    documents: dict[str, Any] = {}
    if suite is not None:
        suite_metrics, tables["states.csv"], documents["suite.json"] = _judge(model, data, suite)
        metrics |= suite_metrics
    return Behaviour(metrics, {name: table for name, table in tables.items() if table.rows}, documents)


# The words that a fronted phrase begins with, by source. Spelt out, not imported from the grammar: an edit of how data
# is made should not ask every trained model anew. A test compares the two.
OPENERS = {
    "sentences": "after again at before behind between by downtown during for gladly in last near next on over quietly "
    "slowly today tomorrow two until with without yesterday"
}


def _judge(model: TextClassifier, data: PreparedData, path: Path) -> tuple[dict[str, float], Table, dict[str, Any]]:
    """Judge a suite's cases, and follow the states of those that ask for it."""
    suite = load_suite(path, model)
    outcomes = judge(suite, model)
    passed, judged = pass_counts(outcomes)
    groups = {case.group: case.texts for case in suite.cases.values() if case.expect == "states"}
    tokenise = tokeniser_of(model.tokeniser)
    longest = max((len(tokenise(text)) for texts in groups.values() for text in texts), default=1)
    states, metrics = states_table(model, groups, references_of(model, data.split("test"), longest))
    if judged:
        metrics["suite_pass_rate"] = passed / judged
    return metrics, states, as_json(outcomes)
