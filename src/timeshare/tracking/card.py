"""The card of a registered model: what a reader of the registry must know before using it."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from timeshare.core.prepared.layout import Meta, read_meta
from timeshare.tracking.identity import SeedRun

_OF_TRAINING = [f"training.{name}" for name in ("learning_rate", "batch_size", "max_epochs", "dropout")]
# Any port but that of `timeshare ui`.
SERVING_PORT = 5001
# A database that is a server takes a description of 5,000 characters at most.
_MOST_CLASSES, _LONGEST_EXAMPLE = 30, 30  # labels, words
_SCORES = {
    "accuracy": "test texts as long as those of training",
    "order_score": "orders that keep a meaning keep the label, those that change it change the label",
    "length_score": "texts longer than any of training",
    "suite_pass_rate": "hand-written expectations",
}
_BEYOND = {
    "hold": "words past it are read with the weights of its last step",
    "cycle": "words past it are read with the weights of its steps from the first on again",
    "error": "longer texts are refused",
}


def card(
    files: Path,
    seed_run: SeedRun,
    scores: Mapping[str, float],
    metric: str,
    value: float,
    example: str,
    params: Mapping[str, str],
) -> str:
    """The card in Markdown: data, settings, scores, limits, and an example of use.

    Args:
        files: the model's own, as they were logged: model.json and meta.json.
        seed_run: whose model it is.
        scores: of its evaluation.
        metric: what it was chosen by.
        value: what it has of that.
        example: a text that it can label.
        params: of its run.
    Raises:
        UserError: a file of the model is missing or damaged.
    """
    # Not at the top: it takes torch, which looking a model up does not.
    from timeshare.models.saved import Blueprint

    blueprint, meta = Blueprint.load(files / "model.json"), read_meta(files / "meta.json")
    settings = blueprint.settings.model_dump(mode="json", include={"encoder", "sharing"})
    settings |= blueprint.settings.model_dump(mode="json", exclude_defaults=True)
    sections = {
        f"A classifier of {seed_run.dataset}": [
            f"Labels a text as one of: {_listed(meta['classes'])}. Model `{seed_run.model}`, seed "
            f"{seed_run.seed}, the best of its dataset by {metric} ({value:.4f})."
        ],
        "Data": _data(meta, seed_run.dataset),
        "Settings": [
            *(f"- `{name}`: {value}" for name, value in settings.items()),
            *(f"- `{name}`: {params[name]}" for name in _OF_TRAINING if params.get(name, "None") != "None"),
            f"- {blueprint.parameters:,} parameters",
        ],
        "Scores": [f"- {name}: {scores[name]:.3f} ({said})" for name, said in _SCORES.items() if name in scores],
        # Only weights that end somewhere were asked under rules.
        "Limits": _limits(
            meta, settings.get("beyond", "hold") if any(name.startswith("length_score/") for name in scores) else None
        ),
        "Use": _use(seed_run.dataset, example),
    }
    return "\n\n".join(f"## {title}\n\n" + "\n".join(lines) for title, lines in sections.items() if lines)


def _listed(classes: Sequence[str]) -> str:
    """The labels, whatever characters they have, as Markdown takes them literally."""
    said = ", ".join(f"`{label}`" for label in classes[:_MOST_CLASSES])
    return said + (f" and {len(classes) - _MOST_CLASSES} more" if len(classes) > _MOST_CLASSES else "")


def _data(meta: Meta, dataset: str) -> list[str]:
    rows = {split: meta["splits"][split]["rows"] for split in ("train", "valid", "test")}
    left_out = sum(meta.get("left_out", {}).values())
    return [
        f"- `{dataset}`: {', '.join(f'{count:,} texts in {split}' for split, count in rows.items())}",
        f"- {meta['vocabulary_size']:,} words, cut by the tokeniser `{meta['tokeniser']}`",
        *([f"- {left_out:,} rows were left out"] if left_out else []),
        *(f"- {remark}" for remark in meta.get("remarks", [])),
    ]


def _limits(meta: Meta, beyond: str | None) -> list[str]:
    unseen = meta.get("unseen", {}).get("test")
    return [
        f"- Training had no text of more than {meta['longest_train']} words.",
        *([f"- Its weights end with the steps of training; {_BEYOND[beyond]}."] if beyond else []),
        "- Words that training never had are all read as one"
        + (f"; of the test texts' words {100 * unseen:.1f} % are." if unseen else "."),
        "- It gives every text one of its labels, also one that is like nothing in training.",
    ]


def _use(dataset: str, example: str) -> list[str]:
    # In one line, for the lines of the text might end the block of code.
    example = " ".join(example.split()[:_LONGEST_EXAMPLE])
    body = json.dumps({"inputs": [example]}, ensure_ascii=False)
    return [
        "```",
        f"timeshare predict {dataset}@champion {shlex.quote(example)}",
        f"timeshare serve {dataset}@champion",
        f"curl -H 'Content-Type: application/json' -d {shlex.quote(body)} 127.0.0.1:{SERVING_PORT}/invocations",
        "```",
    ]
