"""Run by test_portable.py as a script: fits of several nets, and the md5 of each one's weights and curves."""

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from timeshare.core.arithmetic import settle

# Sizes that no vector divides, too, and every kind of kernel: oneDNN's, torch's own loops, matrix products.
RECURRENT = {"embedding_size": 5, "hidden_size": 27, "dropout": 0.2}
MODELS: dict[str, dict[str, Any]] = {
    "shared": {"encoder": "lstm", "embedding_size": 32, "hidden_size": 64},
    "shared, odd": {"encoder": "lstm", **RECURRENT},
    "unshared": {"encoder": "lstm", "sharing": "unshared", "embedding_size": 32, "hidden_size": 64},
    "unshared, odd": {"encoder": "lstm", "sharing": "unshared", **RECURRENT},
    "fourier": {"encoder": "lstm", "sharing": "basis", "num_sets": 3, **RECURRENT},
    "layer norm": {"encoder": "lstm", "layer_norm": True, **RECURRENT},
    "attention": {"encoder": "gru", "readout": "attention", **RECURRENT},
    "convolution": {"encoder": "convolution", "embedding_size": 5, "hidden_size": 27},
    "bag of words": {"encoder": "bag_of_words"},
}


def main(arithmetic: Any, blueprint: str, prepared: str, compiled: str) -> None:
    """Print {model: md5} as JSON; with `compiled` set, of the unshared net alone, through torch.compile."""
    settle(arithmetic)
    # Not sooner.
    from pydantic import TypeAdapter

    from timeshare.core.prepared.store import PreparedData
    from timeshare.models.saved import Blueprint
    from timeshare.models.settings import AnyModel
    from timeshare.train.fit import fit
    from timeshare.train.settings import TrainerSettings, TrainSettings

    found = {}
    for name in ["unshared, odd"] if compiled else MODELS:
        with TemporaryDirectory() as checkpoints:
            fitted = fit(
                replace(Blueprint.load(Path(blueprint)), settings=TypeAdapter(AnyModel).validate_python(MODELS[name])),
                PreparedData.open(Path(prepared)),
                train=TrainSettings(max_epochs=2, patience=2, batch_size=50, compile=bool(compiled)),
                trainer=TrainerSettings(accelerator="cpu", threads=1),
                seed=3,
                checkpoints=Path(checkpoints),
                publish=lambda epoch, figures: None,
            )
        weights = b"".join(value.numpy().tobytes() for value in fitted.classifier.state_dict().values())
        found[name] = hashlib.md5(weights + repr(fitted.curves).encode(), usedforsecurity=False).hexdigest()
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
