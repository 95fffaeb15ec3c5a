"""A tiny prepared dataset, and the blueprint of a tiny model for it."""

from pathlib import Path

import pytest

from timeshare.core.config.datasets import FormalSettings
from timeshare.core.config.settings import PrepareSettings
from timeshare.core.prepared.store import PreparedData
from timeshare.data import sources
from timeshare.data.prepare import prepare
from timeshare.models.saved import Blueprint
from timeshare.models.settings import RecurrentSettings


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
    sources.write_raw(sources.read("tiny", settings, downloads=folder), folder / "raw")
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
