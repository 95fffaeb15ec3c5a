"""One example of the data, with what each model says of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from timeshare.report.answers import Answers, read_answers, read_texts
from timeshare.report.results import Results

_MOST_CHARACTERS = 90  # of a text that is no case of a suite: it stands above a narrow column
_MOST_TEXTS = 2


class Said(NamedTuple):
    """What a model's seeds most often say of a text: the label, how many of them say it, and whether it is right."""

    label: str
    seeds: int
    of: int
    right: bool


class AskedText(NamedTuple):
    """A text, its label, and what each model says of it."""

    text: str
    label: str
    said: Mapping[str, Said]


class Example(NamedTuple):
    """Texts of a dataset, and why these."""

    dataset: str
    why: str
    texts: Sequence[AskedText]


def example(results: Results) -> Example | None:
    """Cases of a suite, or else test texts on which the models disagree; the user's own data comes first."""
    own = results.own_datasets
    for dataset in sorted(results.datasets, key=lambda name: name not in own):
        if found := _of_suite(results, dataset) or _of_test(results, dataset):
            return found
    return None


def _of_suite(results: Results, dataset: str) -> Example | None:
    """The suite's first pair of texts that mean the same, and its first of texts that do not, each of equal words."""
    suites = {
        model: [results.read_document(dataset, model, seed, "suite.json") for seed in results.seeds]
        for model in results.models
    }
    if not all(all(documents) for documents in suites.values()):
        return None
    cases = next(iter(suites.values()))[0]["cases"]
    found: dict[str, int] = {}
    for place, case in enumerate(cases):
        words = [sorted(text.lower().split()) for text in case["texts"]]
        if case["labels"] and len(words) == _MOST_TEXTS and words[0] == words[1]:
            found.setdefault(case["expect"], place)
    first = {expect: found[expect] for expect in ("same", "different") if expect in found}
    texts = [
        AskedText(
            text,
            label,
            {
                model: _said([document["cases"][place]["predicted"][number] for document in documents], label)
                for model, documents in suites.items()
            },
        )
        for place in first.values()
        for number, (text, label) in enumerate(zip(cases[place]["texts"], cases[place]["labels"], strict=True))
    ]
    if not texts:
        return None
    why = {
        ("same", "different"): "The first two mean the same, the last two do not, and in each pair the words are equal",
        ("same",): "The two mean the same, and their words are equal",
        ("different",): "The two do not mean the same, although their words are equal",
    }[tuple(first)]
    return Example(dataset, why, texts)


def _of_test(results: Results, dataset: str) -> Example | None:
    """The short test texts on which the models disagree most."""
    texts = read_texts(results, dataset)
    found = {model: read_answers(results, dataset, model) for model in results.models}
    classes = results.datasets[dataset].classes
    short = [row for row, text in texts.items() if len(text) <= _MOST_CHARACTERS]
    asked = [row for row in short if all(row in one.places for one in found.values())]
    if not asked:
        return None

    def split(row: str) -> float:
        """How far from even the models that are right by most seeds are, and after that the answers of all seeds."""
        shares = [_right(one, row) for one in found.values()]
        return abs(sum(share > 0.5 for share in shares) / len(shares) - 0.5) + abs(float(np.mean(shares)) - 0.5) / 1000

    chosen = sorted(asked, key=split)[:_MOST_TEXTS]
    given = [{said for one in found.values() for said in one.predicted[:, one.places[row]].tolist()} for row in chosen]
    return Example(
        dataset,
        "Of the short test texts, these are the ones on which the models, or else their seeds, disagree most"
        if any(len(labels) > 1 for labels in given)
        else "They are test texts",
        [
            AskedText(
                texts[row],
                classes[_label(found, row)],
                {
                    model: _said(
                        [classes[said] for said in one.predicted[:, one.places[row]]], classes[_label(found, row)]
                    )
                    for model, one in found.items()
                },
            )
            for row in chosen
        ],
    )


def _label(found: Mapping[str, Answers], row: str) -> int:
    one = next(iter(found.values()))
    return int(one.labels[one.places[row]])


def _right(answers: Answers, row: str) -> float:
    place = answers.places[row]
    return float((answers.predicted[:, place] == answers.labels[place]).mean())


def _said(labels: Sequence[str], label: str) -> Said:
    answer, seeds = Counter(labels).most_common(1)[0]
    return Said(answer, seeds, len(labels), answer == label)
