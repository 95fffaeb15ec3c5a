"""Tiny projects: data and models that are made and trained within seconds, and what params.yaml says of them."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

# In place of params.yaml, which its user edits.
PARAMS_TEXT = Path(__file__).with_name("params.yaml").read_text(encoding="utf-8")
Catalogue = Mapping[str, Mapping[str, Any]]

SENTENCES = {"source": "sentences", "train_size": 200, "valid_size": 40, "test_size": 40, "probe_groups": 20}
PARITY = {
    "source": "formal",
    "task": "parity_check",
    "train_size": 400,
    "valid_size": 60,
    "test_size": 60,
    "train_lengths": [1, 12],
    "probe_lengths": [13, 20],
    "probes_per_length": 2,
    "probe_groups": 8,
}
EXACT_PARITY = PARITY | {"prepare": {"layout": "exact"}}
MINE: dict[str, Any] = {"source": "files", "train": "data/files/mine.csv", "probe_texts": 10}
SHARED = {"encoder": "lstm", "embedding_size": 4, "hidden_size": 6}
MATCHED = {"encoder": "lstm", "sharing": "unshared", "embedding_size": 4, "match_parameters": "shared"}
# A module of the user's own, called pair_scheme.
OWN_SCHEME = """
from timeshare.nn import Sharing

class Pair(Sharing):
    def __init__(self, extent):
        super().__init__(2)

    def picks(self, numbers):
        return [number % 2 for number in numbers]
"""
IMITATION = {"imitation": {"study": "imitation", "steps": [3], "seeds": [0]}}


def params_of(datasets: Catalogue, models: Catalogue, studies: Catalogue | None = None) -> dict[str, Any]:
    """params.yaml of a run of all that the catalogues hold, with seed 0; its other sections say what they must."""
    given = {"datasets": datasets, "models": models, "studies": studies or {}}
    # Each entry by itself: what two of them share, YAML would write as an alias.
    catalogues = {kind: {name: deepcopy(entry) for name, entry in entries.items()} for kind, entries in given.items()}
    run = {**{name: list(catalogue) for name, catalogue in catalogues.items()}, "seeds": [0]}
    sections = {name: {} for name in ("prepare", "training", "tuning", "tracking", "evaluate", "report")}
    return {"run": run, **catalogues, **sections, "trainer": {"arithmetic": "portable"}}


def write_mine(project: Path) -> None:
    """Write the file that `MINE` names."""
    pairs = (("cat", "good"), ("dog", "bad"))
    rows = [f"the {noun} is {mood} number {number},{mood}" for number in range(60) for noun, mood in pairs]
    (project / "data/files").mkdir(parents=True, exist_ok=True)
    (project / MINE["train"]).write_text("\n".join(["text,label", *rows]) + "\n")
