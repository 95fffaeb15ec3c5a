"""What params.yaml says otherwise than its commit does, and how runs are called by that.

A setting that is edited, or given by `dvc exp run -S`, makes a variation of what the commit has. Once it is committed,
it is what the catalogue says, and its runs keep the names that they were made with.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from timeshare.core.artifacts import digest, whole_file
from timeshare.core.config.errors import UserError
from timeshare.pipeline.commit import git_output
from timeshare.pipeline.identity.reads import PARAMS, load_yaml, parse_yaml
from timeshare.tracking.workplace import Workplace

# DVC's own name for the experiment that a stage runs in, where there is one.
DVC_EXPERIMENT = "DVC_EXP_NAME"
# Dotted keys of params.yaml with what they are now; of one that is gone, UNSET.
Changes = Mapping[str, Any]
UNSET = "unset"
_CATALOGUES = ("datasets", "models", "studies")
# What decides how a member is trained, beside its own entries.
_OF_TRAINING = ("prepare", "trainer", "training")
_MOST_IN_A_NAME, _LONGEST_NAME = 3, 120  # settings, characters


def changes(root: Path) -> dict[str, Any]:
    """The settings that differ from the commit's, in the order of params.yaml.

    An entry that the catalogue did not have, or has no longer, is none of them: no other entry is called what it is
    called. Where git has no params.yaml, the first one that was tracked here stands for it.
    """
    now, before = load_yaml(root / PARAMS), _before(root)
    on_one_side = tuple(
        f"{catalogue}.{name}."
        for catalogue in _CATALOGUES
        for name in {*(now.get(catalogue) or ())} ^ {*(before.get(catalogue) or ())}
    )
    values, former = _leaves(now), _leaves(before)
    keys = [key for key in {**values, **former} if not key.startswith((*on_one_side, "tracking."))]
    return {key: values.get(key, UNSET) for key in keys if values.get(key, UNSET) != former.get(key, UNSET)}


def of_member(root: Path, changed: Changes, dataset: str, model: str) -> dict[str, Any]:
    """Those changes that make another training of a member, by the names that its runs are called by.

    `hidden_size` is the model's own, `data.train_size` the dataset's; others keep their section. A model that matches
    another one's size changes with that one.
    """
    entry = (load_yaml(root / PARAMS).get("models") or {}).get(model) or {}
    names = {f"models.{model}.": "", f"datasets.{dataset}.": "data."}
    if target := entry.get("match_parameters"):
        names[f"models.{target}."] = f"{target}."
    names |= {f"{section}.": f"{section}." for section in _OF_TRAINING}
    return {
        name + key.removeprefix(prefix): value
        for prefix, name in names.items()
        for key, value in changed.items()
        if key.startswith(prefix)
    }


def called(name: str, changed: Changes) -> str:
    """A name with what is changed: `shared hidden_size=128`; of many changes the first, and a digest of all."""
    said = [f"{key}={shown(value)}" for key, value in changed.items()]
    text = " ".join([name, *said[:_MOST_IN_A_NAME]]).strip()
    if len(said) > _MOST_IN_A_NAME or len(text) > _LONGEST_NAME:
        return f"{text[:_LONGEST_NAME].rstrip()} ... ({digest(dict(changed))[:6]})"
    return text


def of_repro(changed: Changes, params: str) -> str:
    """The name of the run that stands for a repro: DVC's for its experiment, and what is changed.

    Args:
        changed: all changes.
        params: digest of params.yaml, the name where nothing is changed.
    """
    experiment = os.environ.get(DVC_EXPERIMENT)
    if not changed:
        return experiment or f"repro-{params[:8]}"
    # What is run says least of it.
    keys = sorted(changed, key=lambda key: key.startswith("run."))
    said = {key.removeprefix("models."): changed[key] for key in keys}
    return called(f"{experiment}:" if experiment else "repro", said)


def shown(value: Any) -> str:
    """A setting as params.yaml spells it, in one line."""
    if isinstance(value, str):
        return value
    return yaml.safe_dump(value, default_flow_style=True, width=10_000).removesuffix("\n...\n").strip()


def _before(root: Path) -> Any:
    committed = git_output(root, "show", f"HEAD:./{PARAMS}")
    if committed is not None:
        try:
            content = parse_yaml(committed)
        except yaml.YAMLError:
            return {}
        return content if isinstance(content, Mapping) else {}
    first = Workplace(root).folder / f"first_{PARAMS}"
    try:
        if not first.exists() and (root / PARAMS).exists():
            with whole_file(first) as scratch:
                scratch.write_bytes((root / PARAMS).read_bytes())
        return load_yaml(first)
    except (OSError, UserError):  # Names alone depend on it; a tracker that cannot write there says so.
        return load_yaml(root / PARAMS)


def _leaves(value: Any, prefix: str = "") -> dict[str, Any]:
    """Every value that is no mapping, by its dotted key."""
    if not isinstance(value, Mapping):
        return {prefix: value}
    leaves: dict[str, Any] = {}
    for name, inner in value.items():
        leaves |= _leaves(inner, f"{prefix}.{name}" if prefix else str(name))
    return leaves
