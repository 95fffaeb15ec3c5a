"""A tiny prepared dataset, and the blueprint of a tiny model for it."""

from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Protocol

import pytest

from timeshare.core.prepared.store import PreparedData
from timeshare.models.saved import Blueprint
from timeshare.models.settings import AnyModel, RecurrentSettings
from timeshare.prepare.prepare import prepare
from timeshare.prepare.settings import PrepareSettings
from timeshare.sources.formal import FormalSettings
from timeshare.sources.ingest import ingest
from timeshare.train.settings import TrainerSettings, TrainSettings


class Fit(Protocol):
    """Fits a model with few threads and a fixed seed; keywords are those of TrainSettings, or else of `fit`."""

    def __call__(self, model: AnyModel | None = None, **settings: Any) -> Any: ...


@pytest.fixture
def fitted(blueprint: Blueprint, prepared: Path, tmp_path: Path) -> Fit:
    """Fits the blueprint, or another model, on the tiny data; without `checkpoints` each fit is one of its own."""

    # Lightning is slow to import, and the tests of tracking use these fixtures too.
    from timeshare.train.fit import fit

    def run(model: AnyModel | None = None, **settings: Any) -> Any:
        own = {name: settings.pop(name) for name in _OF_FIT & settings.keys()}
        machine = {name: settings.pop(name) for name in TrainerSettings.model_fields.keys() & settings.keys()}
        given = {
            "publish": lambda epoch, figures: None,
            "checkpoints": Path(mkdtemp(dir=tmp_path)),
            "seed": 3,
            **own,
        }
        return fit(
            blueprint if model is None else replace(blueprint, settings=model),
            PreparedData.open(prepared),
            train=TrainSettings(
                **{"max_epochs": 4, "patience": 4, "batch_size": 16, "learning_rate": 0.01, **settings}
            ),
            trainer=TrainerSettings(**{"accelerator": "cpu", "threads": 1, **machine}),
            **given,
        )

    return run


_OF_FIT = {"start", "publish", "publish_loss", "publish_batches", "checkpoints", "seed"}


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """data/prepared of a small even-pairs task."""
    folder = tmp_path_factory.mktemp("tiny")
    settings = FormalSettings(
        source="formal",
        task="even_pairs",
        train_size=150,
        valid_size=40,
        test_size=40,
        train_lengths=(1, 8),
        probe_lengths=(9, 12),
        probes_per_length=2,
        probe_groups=4,
    )
    for name in ("raw", "prepared"):
        (folder / name).mkdir()
    ingest("tiny", settings, folder / "raw")
    prepare(folder / "raw", folder / "prepared", PrepareSettings(layout="bucketing", buckets=2))
    return folder / "prepared"


@pytest.fixture(scope="session")
def blueprint(prepared: Path) -> Blueprint:
    """A shared LSTM of a few hundred weights, with dropout."""
    meta = PreparedData.open(prepared).meta
    return Blueprint(
        settings=RecurrentSettings(encoder="lstm", embedding_size=4, hidden_size=6, dropout=0.2),
        vocabulary=meta["vocabulary"],
        vocabulary_size=meta["vocabulary_size"],
        classes=tuple(meta["classes"]),
        extent=meta["longest_train"],
        padding=meta["side"],
        parameters=0,
    )
