"""A small, plausible tree of results: what a report is made from, without training anything."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.evaluate.tables import Prediction, predictions_of
from tests.tiny import params_of
from timeshare.core.artifacts import read_json, write_csv, write_json
from timeshare.evaluate.predictions import Predictions
from timeshare.params import Params
from timeshare.train.settings import TrainSettings

MODELS = {
    "shared": {"encoder": "lstm", "sharing": "shared"},
    "unshared": {"encoder": "lstm", "sharing": "unshared"},
    "unshared_matched": {"encoder": "lstm", "sharing": "unshared", "match_parameters": "shared"},
    "unshared_padded": {"encoder": "lstm", "sharing": "unshared", "extent_factor": 2.0},
    "bag_of_words": {"encoder": "bag_of_words"},
    "fourier": {"encoder": "lstm", "sharing": "basis", "num_sets": 3},
    "time_input": {"encoder": "lstm", "sharing": "shared", "time_input": "sincos"},
}
_DATA = {"data": {"source": "sentences"}}
STUDIES: dict[str, dict[str, Any]] = {
    "padding": _DATA,
    "memory": {},
    "cells": {"datasets": {"sentences": {"source": "sentences"}}},
    "imitation": {},
    "next_token": _DATA,
    "pull": {"datasets": {"sentences": {"source": "sentences"}}},
    "unsharing": {"datasets": {"sentences": {"source": "sentences"}}},
    "learning_curve": {**_DATA, "models": {"shared": MODELS["shared"]}},
    "chomsky": {},
    "relaxed": {},
}
DATASETS: dict[str, dict[str, Any]] = {
    "sentences": {"source": "sentences"},
    "parity": {"source": "formal", "task": "parity_check", "prepare": {"layout": "exact"}},
    "movie_reviews": {"source": "hutto_gilbert", "sets": ["movie_reviews"]},
}
PARAMETERS = dict(zip(MODELS, (27_717, 253_500, 27_802, 497_000, 2_505, 81_000, 28_300), strict=True))
# Of their weights at different steps; None: the model has none.
SIMILARITY = dict(zip(MODELS, (1.0, 0.09, 0.12, 0.06, None, 0.75, 1.0), strict=True))
# (accuracy, train accuracy, accuracy far beyond training, invariance, sensitivity) of each model on each of DATASETS.
LEVELS = {
    "shared": ((0.995, 1.0, 0.93, 0.96, 0.94), (1.0, 1.0, 1.0, 1.0, 0.0), (0.755, 0.95, 0.74, 0.0, 0.0)),
    "unshared": ((0.985, 1.0, 0.62, 0.71, 0.6), (0.97, 1.0, 0.51, 0.93, 0.0), (0.752, 0.985, 0.738, 0.0, 0.0)),
    "unshared_matched": ((0.96, 0.98, 0.55, 0.66, 0.52), (0.8, 0.83, 0.5, 0.62, 0.0), (0.744, 0.94, 0.73, 0.0, 0.0)),
    "unshared_padded": ((0.98, 1.0, 0.58, 0.7, 0.61), (0.96, 1.0, 0.52, 0.9, 0.0), (0.75, 0.985, 0.735, 0.0, 0.0)),
    "bag_of_words": ((0.5, 0.54, 0.49, 1.0, 0.0), (0.52, 0.53, 0.5, 1.0, 0.0), (0.768, 0.93, 0.76, 0.0, 0.0)),
    "fourier": ((0.99, 1.0, 0.7, 0.86, 0.85), (1.0, 1.0, 0.97, 0.99, 0.0), (0.753, 0.96, 0.74, 0.0, 0.0)),
    "time_input": ((0.99, 1.0, 0.9, 0.94, 0.93), (1.0, 1.0, 0.98, 0.99, 0.0), (0.751, 0.95, 0.735, 0.0, 0.0)),
}
ROWS = {"train": 8000, "valid": 1000, "test": 1000, "probes": 3300}
LONGEST = {"sentences": (19, 48), "parity": (40, 500), "movie_reviews": (31, 51)}


def make_params(
    datasets: Sequence[str] = ("sentences", "parity"),
    models: Sequence[str] = ("shared", "unshared", "bag_of_words"),
    seeds: Sequence[int] = (0, 1, 2),
    studies: Sequence[str] = (),
    **report: Any,
) -> Params:
    """Settings that name the given members of this module's catalogues."""
    content = params_of(DATASETS, MODELS, {name: {"study": name, **settings} for name, settings in STUDIES.items()})
    content["run"] = {
        "datasets": list(datasets),
        "models": list(models),
        "seeds": list(seeds),
        "studies": list(studies),
    }
    content["report"] = report
    return Params.model_validate_json(json.dumps(content))


def write_tree(root: Path, params: Params) -> None:
    """Write all files that a report of `params` reads."""
    for dataset in params.run.datasets:
        _write_dataset(root, dataset)
        for model in params.run.models:
            for seed in params.run.seeds:
                _write_run(root, dataset, model, seed)
    for study in params.run.studies:
        write_study(root / "studies" / study, study)


def _write_dataset(root: Path, name: str) -> None:
    train, _ = LONGEST[name]
    classes = {"sentences": ["animal", "drink", "food", "person", "place"]}.get(name, ["0", "1"])
    exact = name == "parity"
    bounds = list(range(1, train + 1)) if exact else sorted({round(train * part / 8) for part in range(2, 9)})
    padding = {"sentences": 0.412, "parity": 0.487, "movie_reviews": 0.428}[name]
    texts = [(f"t{number}", f"text {number} of {name}", label) for number, label in enumerate([classes[1], *classes])]
    (root / "data/raw" / name).mkdir(parents=True, exist_ok=True)
    columns = zip(("id", "text", "label"), zip(*texts, strict=True), strict=True)
    pq.write_table(pa.table({column: list(values) for column, values in columns}), _raw(root, name))
    meta = {
        "version": 1,
        "classes": classes,
        "vocabulary": "0" * 64,
        "vocabulary_size": 190,
        "tokeniser": "whitespace" if exact else "basic_english",
        "layout": "exact" if exact else "bucketing",
        "side": "right",
        "bounds": bounds,
        "longest_train": train,
        "splits": {
            split: {
                "rows": rows,
                "tokens": rows * train // 2,
                "entries": rows * train,
                "waste": 0.5,
                "buckets": [{"length": train, "rows": rows}],
                "lengths": {"min": 1, "max": train},
            }
            for split, rows in ROWS.items()
        },
        "waste": {"padding": padding, "bucketing": 0.031, "exact": 0.0},
    }
    write_json(root / "data/prepared" / name / "meta.json", meta)


def _raw(root: Path, dataset: str) -> Path:
    return root / "data/raw" / dataset / "test.parquet"


def _write_run(root: Path, dataset: str, model: str, seed: int) -> None:
    generator = np.random.default_rng([seed, list(MODELS).index(model), list(DATASETS).index(dataset)])
    accuracy, train_accuracy, beyond, invariance, sensitivity = LEVELS[model][list(DATASETS).index(dataset)]
    train, longest = LONGEST[dataset]

    def near(level: float) -> float:
        fixed = level in (0.0, 1.0)
        return level if fixed else float(np.clip(level + generator.normal(0, 0.012), 0, 1))

    has_extent = model.startswith("unshared")
    extent = 2 * train if model == "unshared_padded" else train
    lengths = _lengths(generator, train, longest, near(accuracy), near(beyond), extent if has_extent else None)
    metrics: dict[str, float] = {
        "accuracy": near(accuracy),
        "train_accuracy": near(train_accuracy),
        "parameters": PARAMETERS[model],
        "padding_waste": 0.031 if dataset != "parity" else 0.0,
    }
    metrics["overfit"] = metrics["train_accuracy"] - metrics["accuracy"]
    for rule in ("hold", "cycle") if has_extent else ("",):
        scores = [right / rows for kind, length, rows, right, _ in lengths if length > train and kind in (rule, "")]
        metrics[f"length_score/{rule}" if rule else "length_score"] = float(np.mean(scores))
    if has_extent:
        metrics["length_score"] = metrics["length_score/hold"]
    if dataset == "movie_reviews":
        for size in (1, 2, 3, 4):
            change = 0.0 if model == "bag_of_words" else 0.17 / size
            metrics[f"shuffle_change/{size}"] = near(change)
        metrics["shuffle_change"] = metrics["shuffle_change/1"]
    else:
        metrics["order_invariance"] = near(invariance)
    if dataset == "sentences":
        metrics["order_sensitivity"] = near(sensitivity)
        one, other = metrics["order_invariance"], metrics["order_sensitivity"]
        metrics["order_score"] = 2 * one * other / (one + other)
        metrics["position_seen"], metrics["position_unseen"] = near(accuracy), near(invariance)
        metrics["position_gap"] = metrics["position_seen"] - metrics["position_unseen"]
    similarity = SIMILARITY[model]
    if similarity is not None:
        metrics["weight_similarity"] = near(similarity)
        metrics["interference"] = float(generator.normal(-0.03, 0.01))
        metrics["interference/same_label"] = float(generator.normal(0.8, 0.01))
        metrics["interference/other_label"] = float(generator.normal(-0.1, 0.01))
    if dataset == "sentences":
        metrics["state_distance/weekdays"] = float(generator.normal(0.3, 0.03))
        metrics["state_distance/weekday_and_pronoun"] = float(generator.normal(1.05, 0.03))
    folder = root / "results" / dataset / model / str(seed)
    write_json(folder / "metrics.json", metrics)
    write_csv(folder / "lengths.csv", ("rule", "length", "rows", "correct", "constant"), lengths)
    _predictions(dataset).write(folder / "predictions.parquet")
    if dataset == "sentences":
        _write_inside(folder, model, generator)
    folder = root / "models" / dataset / model / str(seed)
    folder.mkdir(parents=True)
    epochs = 8 + seed
    curves = []
    for epoch in range(epochs):
        share = 1 - np.exp(-0.6 * (epoch + 1))
        final = train_accuracy * share + 0.3 * (1 - share), accuracy * share + 0.3 * (1 - share)
        noise = generator.normal(0, 0.006, 2)
        reached = np.clip(np.array(final) + noise, 0, 1)
        curves.append((epoch, 1.6 * (1 - share) + 0.05, float(reached[0]), 1.6 * (1 - share) + 0.1, float(reached[1])))
    write_csv(folder / "curves.csv", ("epoch", "train_loss", "train_accuracy", "valid_loss", "valid_accuracy"), curves)


def _write_inside(folder: Path, model: str, generator: np.random.Generator) -> None:
    """The tables that look inside a model: states, gradients, and the weights at each two steps."""
    states = [
        ("weekdays", place, step, token, 0.2 + 0.1 * step if place else "", step + 0.3 * place, generator.normal())
        for place, text in enumerate(("on monday it was", "on tuesday it was"))
        for step, token in enumerate(text.split(), start=1)
    ]
    write_csv(folder / "states.csv", ("group", "place", "step", "token", "distance", "x", "y"), states)
    right = {"seen": 10, "unseen": 4 if model == "unshared" else 9}
    positions = [(kind, position, 10, right[kind], 2) for kind in right for position in (2, 3, 4)]
    positions.append(("unseen", 5, 2, 0, 0))  # too few texts to show
    write_csv(folder / "positions.csv", ("kind", "position", "rows", "correct", "constant"), positions)
    families = ("food", "drink", "animal")
    cosines = [
        (one, other, 1.0 if one == other else generator.normal(-0.1, 0.05)) for one in families for other in families
    ]
    write_csv(folder / "interference.csv", ("family_a", "family_b", "cosine"), cosines)
    similarity = SIMILARITY[model]
    if similarity is not None and similarity < 1:
        steps = range(LONGEST["sentences"][0])
        similar = [(one, other, similarity ** (abs(one - other) / 6)) for one in steps for other in steps]
        write_csv(folder / "similarity.csv", ("step_a", "step_b", "similarity"), similar)


# Of each study, the keys of its variants with the levels of their metrics.
VARIANTS: dict[str, list[tuple[dict[str, Any], dict[str, float]]]] = {
    "padding": [
        (
            {"model": model, "side": "right", "mask": mask},
            {"trained": trained, "between": between, "beyond": between - 0.1},
        )
        for model, mask, trained, between in (
            ("shared", True, 0.99, 0.93),
            ("shared", False, 0.3, 0.2),
            ("unshared", True, 0.98, 0.6),
            ("unshared", False, 0.3, 0.25),
        )
    ],
    "memory": [
        ({"regime": regime, "window": window}, {"within": 1.0, "trained": level, "beyond": level - 0.1})
        for regime, window, level in (("mixed", 5, 1.0), ("mixed", 2, 0.95), ("long", 5, 0.9), ("long", 2, 0.25))
    ],
    "cells": [
        (
            {"dataset": dataset, "cell": cell},
            {"accuracy": level, "length_score": level - 0.1, "order_score": level - 0.05},
        )
        for dataset in ("sentences", "parity")
        for cell, level in (("lstm", 0.97), ("rnn", 0.9), ("rnn_matched", 0.92))
    ],
    "imitation": [
        (
            {"steps": 20},
            {
                "difference": 3e-16,
                "unshared_size": 8.0,
                "shared_size": 160.0,
                "unshared_parameters": 3000.0,
                "shared_parameters": 30000.0,
            },
        )
    ],
    "next_token": [
        ({"weight": weight}, {"accuracy": 0.9 + weight / 20, "order_score": 0.8, "length_score": 0.7})
        for weight in (0.0, 0.3, 1.0)
    ],
    "pull": [
        (
            {"dataset": dataset, "pull": pull},
            {"accuracy": level, "length_score": level - 0.2, "weight_similarity": alike, "valid_accuracy": level},
        )
        for dataset in ("sentences", "parity")
        for pull, level, alike in ((0.0, 0.8, 0.4), (1.0, 0.96, 0.9), (10.0, 0.93, 0.99), (None, 0.9, 1.0))
    ],
    "unsharing": [
        (
            {"dataset": dataset, "net": net},
            {"accuracy": level, "length_score": level - 0.2, "overfit": 0.3 - level / 4},
        )
        for dataset in ("sentences", "parity")
        for net, level in (("start", 0.8), ("shared", 0.95), ("freed", 0.85))
    ],
    "learning_curve": [
        (
            {"model": model, "fraction": fraction, "train_rows": int(8000 * fraction)},
            {"train_accuracy": 0.99, "accuracy": fraction},
        )
        for model in ("shared", "unshared")
        for fraction in (0.3, 0.9)
    ],
    "chomsky": [({"task": "parity_check", "learning_rate": 0.001}, {"score": 0.99})],
    "relaxed": [
        ({"delta": delta, "scheme": scheme}, {"test_error": 0.2 + delta})
        for delta in (0.0, 0.1)
        for scheme in ("shared", "mixture")
    ],
}
FACTS: dict[str, dict[str, Any]] = {
    "memory": {"longest": 10, "shortest": 6, "symbols": 4},
    "chomsky": {"steps": 1500, "solved": 90.0, "longest": 40, "scored_to": 500},
    "pull": {"left_out": ["movie_reviews"]},
    "unsharing": {"reached": {"sentences": [1.0, 1.0, 0.5, 0.1], "parity": [1.0, 0.8, 0.6, 0.2]}},
    "relaxed": {"winners": {"0.0": "shared", "0.1": "mixture"}},
}


def write_study(folder: Path, study: str) -> None:
    """Write what a study leaves: a summary, and the table that the report reads of some."""
    generator = np.random.default_rng(len(study))

    def around(level: float) -> float:
        fixed = level in (0.0, 1.0) or level < 1e-9 or level > 1
        return level if fixed else float(np.clip(level + generator.normal(0, 0.01), 0, 1))

    content = [
        {
            "variant": keys,
            "metrics": {name: {"values": [around(level) for _ in range(3)]} for name, level in levels.items()},
        }
        for keys, levels in VARIANTS[study]
    ]
    facts = FACTS.get(study, {})
    write_json(folder / "summary.json", {"study": study, "seeds": [0, 1, 2], "variants": content, "facts": facts})
    rows: list[tuple[object, ...]]
    if study == "memory":
        rows = [
            (*keys.values(), seed, length, 100, round(100 * levels["trained"]))
            for keys, levels in VARIANTS[study]
            for seed in (0, 1, 2)
            for length in range(1, 21)
        ]
        write_csv(folder / "accuracy.csv", ("regime", "window", "seed", "length", "rows", "correct"), rows)
    if study == "unsharing":
        rows = [
            (dataset, seed, epoch, step, 0.01 * epoch * (2 + (step == 3)) + seed / 1000)
            for dataset in ("sentences", "parity")
            for seed in (0, 1, 2)
            for epoch in (1, 2, 3)
            for step in (1, 2, 3, 4)
        ]
        write_csv(folder / "distances.csv", ("dataset", "seed", "epoch", "step", "distance"), rows)
    if study == "chomsky":
        published = ("published_lstm", "rerun_lstm", "published_transformer")
        columns = ("task", "learning_rate", "seed", "score", "constant", "random", *published)
        rows = [("parity_check", 0.001, seed, 99.0 + seed / 10, 50.4, 50.0, 100.0, 100.0, 52.0) for seed in (0, 1, 2)]
        rows += [("even_pairs", 0.001, seed, 80.0, 50.2, 50.0, "", 100.0, "") for seed in (0, 1, 2)]
        write_csv(folder / "table.csv", columns, rows)


def _predictions(dataset: str) -> Predictions:
    """Few texts, which a constant answer of class 0 gets right less often than a guess at random."""
    gold = dataset == "sentences"
    classes = 5 if gold else 2
    anything = (1 / classes,) * classes
    rows = [Prediction("train", label=label) for label in range(classes)]
    rows += [Prediction("test", id=f"t{number}", label=label) for number, label in enumerate((1, *range(classes)))]
    rows += [Prediction(kind="length", length=LONGEST[dataset][1], label=label) for label in (1, *range(classes))]
    if gold:
        rows += [Prediction(kind="invariance", group="i", place=place, label=0) for place in range(2)]
        rows += [Prediction(kind="sensitivity", group="s", place=place, label=place) for place in range(2)]
    return predictions_of([row._replace(probabilities=anything) for row in rows])


def _lengths(
    generator: np.random.Generator, train: int, longest: int, accuracy: float, beyond: float, extent: int | None
) -> list[tuple[str, int, int, int, int]]:
    table = []
    for length in range(1, longest + 1):
        rows = 50 if length <= train else 24
        fade = 0.0 if length <= train else min(1.0, (length - train) / (0.3 * train))
        level = accuracy * (1 - fade) + beyond * fade
        rules = ("hold", "cycle") if extent is not None and length > extent else ("",)
        for rule in rules:
            right = generator.binomial(rows, level - 0.06 * (rule == "cycle" and level < 1) * fade)
            table.append((rule, length, rows, int(right), rows // 2))
    return sorted(table)


def write_tuning(
    root: Path, dataset: str, model: str, accuracies: Sequence[float | None], guess: float = 0.5, **choice: Any
) -> None:
    """Write what a search over settings left, with a validation accuracy a trial; None: it failed."""
    defaults = TrainSettings().model_dump(mode="json")
    folder = root / "tuning" / dataset / model
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for trial, accuracy in enumerate(accuracies):
        rate, dropout = 0.0005 * 40 ** (trial / len(accuracies)), (0.0, 0.2, 0.5)[trial % 3]
        state, figures = ("failed", [""] * 5) if accuracy is None else ("complete", [accuracy, 0.5, 3, 6, 50_000])
        rows.append((trial, 7 * trial, rate, dropout, state, *figures))
    columns = ("trial", "seed", "learning_rate", "dropout", "state", "valid_accuracy", "valid_loss", "best_epoch")
    write_csv(folder / "trials.csv", (*columns, "epochs", "tokens"), rows)
    best = max(range(len(rows)), key=lambda trial: accuracies[trial] or 0.0)
    chosen = {
        "training": {"learning_rate": rows[best][2], "dropout": rows[best][3]},
        "instead_of": {key: defaults[key] for key in ("learning_rate", "dropout")},
        "trial": best,
        "trials": len(rows),
        "tokens": 50_000 * len(rows),
        "valid_accuracy": accuracies[best],
        "guess_accuracy": guess,
    }
    write_json(folder / "choice.json", chosen | choice)


def set_metric(root: Path, dataset: str, model: str, metric: str, values: Sequence[float]) -> None:
    """Give a metric a value a seed, in a tree that was written."""
    for seed, value in enumerate(values):
        path = root / "results" / dataset / model / str(seed) / "metrics.json"
        write_json(path, read_json(path) | {metric: value})


def plain(text: str) -> str:
    """With the spaces and minus signs of a keyboard."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")
