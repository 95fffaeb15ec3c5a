"""What the owner of a classifier looks for: confusions, precision and recall, misread texts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

import altair as alt
import numpy as np
import numpy.typing as npt

from timeshare.report import drawing
from timeshare.report.answers import Answers, read_answers, read_texts
from timeshare.report.entries import ABSENT, Entry, Table, estimate_entry, model_entry
from timeshare.report.learned import beats_guessing
from timeshare.report.results import Results
from timeshare.report.wording import percent, plural

MOST_CLASSES = 20  # that a matrix shows: of more, those whose texts are misread most
MOST_TEXTS = 15
_MOST_CHARACTERS = 240


class Misread(NamedTuple):
    """A text that was misread: its label, the one that it was usually given, and by how many seeds of each model."""

    text: str
    label: str
    given: str
    seeds: Mapping[str, int]


class Classifiers:
    """The models of a dataset as classifiers, by their answers on its test texts."""

    def __init__(self, results: Results, dataset: str) -> None:
        self.results = results
        self.dataset = dataset
        self.classes = results.datasets[dataset].classes

    @cached_property
    def answers(self) -> Mapping[str, Answers]:
        """By model."""
        return {model: read_answers(self.results, self.dataset, model) for model in self.results.models}

    def confusion(self) -> drawing.Figure:
        """For each true class the share of its texts that get each label, over all seeds; the reader picks a model."""
        shown, shares = self._shown, {model: _confusion(one, len(self.classes)) for model, one in self.answers.items()}
        records = [
            {
                "model": model,
                "true": self.classes[true],
                "said": self.classes[said],
                "share": round(float(matrix[true, said]), 4),
            }
            for model, matrix in shares.items()
            for true in shown
            for said in shown
        ]
        names = [self.classes[place] for place in shown]
        scale = alt.Scale(scheme="blues", domain=[0, 1])
        base = (
            drawing.chart("cells")
            .transform_filter("datum.model === model")
            .encode(
                x=alt.X("said:N", title="label given", sort=names, axis=alt.Axis(labelAngle=-35, orient="top")),
                y=alt.Y("true:N", title="true label", sort=names),
            )
        )
        ink = alt.condition("datum.share > 0.5", alt.value("#FFFFFF"), alt.value("#1C2024"))
        layers = [
            base.mark_rect().encode(
                color=alt.Color("share:Q", scale=scale, legend=None),
                tooltip=["true:N", "said:N", drawing.share_tip("share", "of its texts")],
            ),
            base.transform_filter("datum.share >= 0.005")
            .mark_text(fontSize=11)
            .encode(text=alt.Text("share:Q", format=".0%"), color=ink),
        ]
        rows = [
            (Entry(model), Entry(self.classes[true]), *(Entry(percent(float(matrix[true, said]))) for said in shown))
            for model, matrix in shares.items()
            for true in shown
        ]
        title = f"Which labels are confused on {self.dataset}"
        left_out = len(self.classes) - len(shown)
        note = f"The {len(shown)} of {len(self.classes)} labels whose texts are misread most." if left_out else ""
        table = Table(
            f"{title}: a row a true label, a column a label given; shares of the row's texts, over all seeds.",
            ["true label", *names],
            rows,
            grouped=True,
        )
        choice = drawing.radio("model", {model: model for model in self.answers})
        return drawing.figure(
            f"confusion-{self.dataset}",
            title,
            layers,
            {"cells": records},
            table,
            choice,
            height=60 + 26 * len(shown),
            note=note,
        )

    @cached_property
    def _shown(self) -> list[int]:
        """The classes of the matrix, in their own order."""
        wrong = np.zeros(len(self.classes))
        for one in self.answers.values():
            missed = ~one.right
            wrong += np.bincount(np.broadcast_to(one.labels, missed.shape)[missed], minlength=len(wrong))
        return sorted(np.argsort(-wrong, kind="stable")[:MOST_CLASSES].tolist())

    def by_class(self) -> Table:
        """Precision and recall of each class, by model."""
        rows: list[tuple[Entry, ...]] = []
        texts = Counter(int(label) for one in list(self.answers.values())[:1] for label in one.labels)
        found = {model: self._precision_and_recall(model, one) for model, one in self.answers.items()}
        for place, name in enumerate(self.classes):
            group = Entry(f"{name} ({plural(texts[place], 'text')})")
            rows += [(group, model_entry(model), *entries[place]) for model, entries in found.items()]
        return Table(
            "Precision: of the texts that get a label, the share that have it. Recall: of the texts that have it, the "
            "share that get it. Means over seeds with their intervals; a dash: no text has the label, or a seed gives "
            "it to none.",
            ["model", "precision", "recall"],
            rows,
            grouped=True,
        )

    def _precision_and_recall(self, model: str, answers: Answers) -> list[tuple[Entry, Entry]]:
        """By class; a precision that a seed lacks, which gives no text the label, is left out."""
        size = len(self.classes)
        shares: list[npt.NDArray[np.float64]] = []
        for predicted in answers.predicted:
            hits = np.bincount(answers.labels[predicted == answers.labels], minlength=size)
            given, true = np.bincount(predicted, minlength=size), np.bincount(answers.labels, minlength=size)
            with np.errstate(invalid="ignore"):
                shares.append(np.concatenate([hits / given, hits / true]))
        table = np.stack(shares, axis=1)
        known = np.isfinite(table).all(1)
        entries = [ABSENT] * len(table)
        if known.any():
            summaries = self.results.summarise_rows(table[known], self.dataset, model, "classes")
            for place, summary in zip(np.flatnonzero(known), summaries, strict=True):
                entries[int(place)] = estimate_entry(summary, percent)
        return list(zip(entries[:size], entries[size:], strict=True))

    def misread(self) -> list[Misread]:
        """The texts that most seeds misread, of the models that learned anything."""
        texts = read_texts(self.results, self.dataset)
        learned = [model for model in self.results.models if beats_guessing(self.results, self.dataset, model)]
        answers = {model: self.answers[model] for model in learned or self.results.models}
        wrong = {model: dict(zip(one.ids, (~one.right).sum(0).tolist(), strict=True)) for model, one in answers.items()}
        total: Counter[str] = Counter()
        for found in wrong.values():
            total.update(found)
        ranked = sorted((name for name in total if total[name] and name in texts), key=lambda name: -total[name])
        return [
            Misread(
                _cut(texts[name]),
                *self._labels(answers.values(), name),
                {model: found[name] for model, found in wrong.items() if found.get(name)},
            )
            for name in ranked[:MOST_TEXTS]
        ]

    def _labels(self, answers: Iterable[Answers], name: str) -> tuple[str, str]:
        """The label of a text, and the one that most of the wrong answers give."""
        asked = [(one, one.places[name]) for one in answers if name in one.places]
        label = int(asked[0][0].labels[asked[0][1]])
        given = Counter(said for one, place in asked for said in one.predicted[:, place].tolist() if said != label)
        return self.classes[label], self.classes[given.most_common(1)[0][0]]


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}\N{HORIZONTAL ELLIPSIS}"


def _confusion(answers: Answers, size: int) -> npt.NDArray[np.float64]:
    """float [size, size]: of each true class, the share of answers that give each label; 0 where it has no text."""
    true = np.broadcast_to(answers.labels, answers.predicted.shape)
    counts = np.bincount((true * size + answers.predicted).ravel(), minlength=size * size).reshape(size, size)
    shares: npt.NDArray[np.float64] = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    return shares
