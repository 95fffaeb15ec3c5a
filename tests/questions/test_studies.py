"""Every study, run whole with tiny settings: what it writes, and that it writes it again to the byte."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from tests import tiny
from timeshare.core.config.errors import UserError
from timeshare.params import load_params
from timeshare.pipeline import study
from timeshare.questions.padding.study import REGIONS, VARIANTS
from timeshare.questions.table import STUDIES
from timeshare.sources.sentences.grammar import KINDS

pytestmark = pytest.mark.integration

_EPOCHS = {"training": {"max_epochs": 1}}
SENTENCES, FORMAL = tiny.SENTENCES | _EPOCHS, tiny.PARITY | _EPOCHS
REVIEWS = {"source": "hutto_gilbert", "sets": ["movie_reviews"]}
SMALL = {"embedding_size": 3, "hidden_size": 4}
# study: (settings, its table, rows of the table, keys of a variant)
TINY: dict[str, tuple[dict[str, Any], str, int | None, set[str]]] = {
    "padding": ({"data": SENTENCES, **SMALL}, "accuracy.csv", None, {"model", "side", "mask"}),
    "memory": (
        {"windows": [None, 2], "longest": 5, "shortest": 3, "scored_to": 7, "steps": 2, "rows": 4},
        "accuracy.csv",
        2 * 2 * 2 * 7,
        {"regime", "window"},
    ),
    "cells": (
        {"datasets": {"sentences": SENTENCES, "parity": FORMAL}, **SMALL},
        "metrics.csv",
        # No pair of bit strings tells order sensitivity: parity has no order score.
        3 * 2 * (5 + 4),
        {"dataset", "cell"},
    ),
    "imitation": ({"steps": [3, 5], "hidden_size": 4}, "differences.csv", 2 * (3 + 5), {"steps"}),
    "next_token": ({"data": SENTENCES, "weights": [0.0, 0.5], **SMALL}, "metrics.csv", 2 * 2 * 6, {"weight"}),
    "pull": (
        # No dataset of the run has downloaded the reviews here.
        {"datasets": {"sentences": SENTENCES, "reviews": REVIEWS}, "pulls": [0.0, 5.0], **SMALL},
        "metrics.csv",
        3 * 2 * 7,
        {"dataset", "pull"},
    ),
    "unsharing": (
        {"datasets": {"sentences": SENTENCES, "parity": FORMAL}, **SMALL},
        "metrics.csv",
        3 * 2 * (6 + 5),
        {"dataset", "net"},
    ),
    "learning_curve": (
        {
            "data": SENTENCES,
            "fractions": [0.5, 1.0],
            "models": {"shared": {"encoder": "lstm", "hidden_size": 4}, "bag_of_words": {"encoder": "bag_of_words"}},
        },
        "accuracy.csv",
        2 * 2 * 2,
        {"model", "fraction", "train_rows"},
    ),
    "chomsky": (
        {"longest": 4, "scored_to": 9, "rows": 8, "hidden_size": 4, "batch_size": 4, "steps": 2},
        "table.csv",
        4 * 2,
        {"task", "learning_rate"},
    ),
    "relaxed": (
        {"deltas": [0.1], "num_steps": 8, "memory": 3, "rows": 20, "hidden_size": 4, "epochs": 1},
        "errors.csv",
        7 * 2,
        {"delta", "scheme"},
    ),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    studies = {name: {"study": name, "seeds": [0, 1], **settings} for name, (settings, *_) in TINY.items()}
    content = tiny.params_of({"parity": FORMAL}, {"shared": tiny.SHARED}, studies)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()
    yield tmp_path
    torch.set_num_threads(threads)


# These fit most.
SLOWER = ("cells", "padding", "unsharing")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.thorough] if name in SLOWER else []) for name in STUDIES]
)
def test_a_study_writes_its_table_and_summary_the_same_each_time(name: str, project: Path) -> None:
    study.main(load_params(), name)
    folder = project / "studies" / name
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    study.main(load_params(), name)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first

    _, table, rows, keys = TINY[name]
    more = {"chomsky": {"accuracy.csv"}, "unsharing": {"distances.csv"}}
    assert set(first) == {table, "summary.json"} | more.get(name, set())
    with (folder / table).open(newline="") as file:
        records = list(csv.DictReader(file))
    assert records
    assert rows in (None, len(records))
    summary = json.loads(first["summary.json"])
    assert (summary["study"], summary["seeds"]) == (name, [0, 1])
    assert all(set(variant["variant"]) == keys for variant in summary["variants"])
    assert all(len(figure["values"]) == 2 for variant in summary["variants"] for figure in variant["metrics"].values())
    assert [path.name for path in folder.parent.iterdir()] == [name]
    check = CHECKS.get(name)
    if check:
        check(summary["variants"], summary["facts"])


def _cells(variants: list[dict[str, Any]], facts: dict[str, Any]) -> None:
    of_sentences = {
        one["variant"]["cell"]: one["metrics"]["parameters"]["mean"]
        for one in variants
        if one["variant"]["dataset"] == "sentences"
    }
    assert list(of_sentences) == ["lstm", "rnn", "rnn_matched"]
    assert of_sentences["rnn"] < of_sentences["lstm"]
    assert of_sentences["rnn_matched"] == pytest.approx(of_sentences["lstm"], rel=0.1)
    assert facts["baselines"]["sentences: random"]["length_score"] == pytest.approx(1 / len(KINDS))


def _next_token(variants: list[dict[str, Any]], facts: dict[str, Any]) -> None:
    baselines = facts["baselines"]
    assert [variant["variant"] for variant in variants] == [{"weight": 0.0}, {"weight": 0.5}]
    assert baselines["random"]["accuracy"] == pytest.approx(1 / len(KINDS))
    assert baselines["constant"]["order_invariance"] == 1.0


def _padding(variants: list[dict[str, Any]], facts: dict[str, Any]) -> None:
    baselines = facts["baselines"]
    assert len(variants) == len(VARIANTS)
    assert set(baselines["constant"]) == set(REGIONS)
    assert list(baselines["random"].values()) == [pytest.approx(1 / len(KINDS))] * 3


def _pull(variants: list[dict[str, Any]], facts: dict[str, Any]) -> None:
    assert [variant["variant"]["pull"] for variant in variants] == [0.0, 5.0, None]
    free, pulled, shared = (variant["metrics"]["weight_similarity"]["mean"] for variant in variants)
    assert free < pulled < shared == 1.0
    assert facts["left_out"] == ["reviews"]


def _unsharing(variants: list[dict[str, Any]], facts: dict[str, Any]) -> None:
    assert [variant["variant"]["net"] for variant in variants] == ["start", "shared", "freed"] * 2
    similarities = [variant["metrics"]["weight_similarity"]["mean"] for variant in variants]
    assert similarities[:2] == similarities[3:5] == [1.0, 1.0]
    assert max(similarities[2], similarities[5]) < 1
    # The longest texts alone reach the last step.
    assert all(reached[0] == 1.0 > reached[-1] > 0 for reached in facts["reached"].values())
    with Path("studies/unsharing/distances.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * sum(len(reached) for reached in facts["reached"].values())
    assert all(float(row["distance"]) > 0 for row in rows)


CHECKS = {"cells": _cells, "next_token": _next_token, "padding": _padding, "pull": _pull, "unsharing": _unsharing}


def test_an_unknown_study_is_one_line_that_names_those_there_are(project: Path) -> None:
    with pytest.raises(UserError, match=r"study 'paddding' is not in params\.yaml, whose studies are cells, chomsky"):
        study.main(load_params(), "paddding")
