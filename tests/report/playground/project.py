"""A small project with nets of every scheme that the page can hold, trained for a moment."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests import tiny
from timeshare.core.batch import join_batches
from timeshare.core.prepared.store import PreparedData
from timeshare.models.parameters import settle
from timeshare.models.saved import save_classifier
from timeshare.params import Params
from timeshare.prepare.prepare import prepare
from timeshare.sources.ingest import ingest

SUITE = Path(__file__).parents[3] / "data/suites/seeds.jsonl"
_LSTM = {"encoder": "lstm", "embedding_size": 6, "hidden_size": 9}
MODELS: dict[str, dict[str, Any]] = {
    "shared": _LSTM,
    "unshared": _LSTM | {"sharing": "unshared"},
    "fourier": _LSTM | {"sharing": "basis", "num_sets": 3},
    "cycle": _LSTM | {"sharing": "unshared", "start": "equal", "beyond": "cycle"},
    "periodic": _LSTM | {"sharing": "periodic", "num_sets": 2},
    "segments": _LSTM | {"sharing": "segments", "num_sets": 3},
    "mixture": _LSTM | {"sharing": "mixture", "num_sets": 2},
    "bag_of_words": {"encoder": "bag_of_words"},
    "unmasked": _LSTM | {"mask": False},
}
HELD = tuple(name for name in MODELS if name not in ("bag_of_words", "unmasked"))
# More texts than of other tests, so that phrases and pairs recur among the probes.
_SENTENCES = tiny.SENTENCES | {"probe_groups": 80, "prepare": {"buckets": 3}}


def make_params(playground: dict[str, Any] | None, **run: Any) -> Params:
    """Settings of a run of all the models with seeds 0 and 1; `run` says otherwise."""
    content = tiny.params_of({"sentences": _SENTENCES, "parity": tiny.EXACT_PARITY}, MODELS)
    content["run"] |= {"datasets": ["sentences"], "seeds": [0, 1], **run}
    content |= {"report": {"playground": playground}, "evaluate": {"suites": {"sentences": "seeds"}}}
    return Params.model_validate_json(json.dumps(content))


def write_project(root: Path) -> None:
    """Write prepared data, the suite of the project and, with seed 0, the nets."""
    params = make_params({})
    raw, prepared = root / "data/raw/sentences", root / "data/prepared/sentences"
    for folder in (raw, prepared, root / "data/suites"):
        folder.mkdir(parents=True)
    shutil.copy(SUITE, root / "data/suites")
    ingest("sentences", params.dataset("sentences"), raw)
    prepare(raw, prepared, params.prepare_for("sentences"))
    data = PreparedData.open(prepared)
    train = data.split("train")
    batch = join_batches(
        [train.gather(index, np.arange(len(one.rows))) for index, one in enumerate(train.buckets)],
        "right",
    )
    for name in HELD:
        blueprint = settle(params.model(name), data.meta)
        classifier = blueprint.build(torch.Generator().manual_seed(0))
        optimiser = torch.optim.Adam(classifier.parameters(), lr=0.03)
        for _ in range(25):
            loss = torch.nn.functional.cross_entropy(classifier(batch.tokens, batch.lengths), batch.labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        folder = root / "models/sentences" / name / "0"
        folder.mkdir(parents=True)
        save_classifier(folder, blueprint, classifier)
