"""A small project in which something can be tuned, and a search in it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.train.conftest import blueprint, prepared
from timeshare.core.artifacts import write_json
from timeshare.models.saved import Blueprint
from timeshare.tracking.identity import RunIdentity
from timeshare.tracking.settings import TrackingSettings
from timeshare.train.settings import TrainerSettings, TrainSettings
from timeshare.tuning.search import Member
from timeshare.tuning.settings import Dimension, TuningSettings

__all__ = ["blueprint", "prepared"]

SPACE = {"learning_rate": Dimension(low=0.001, high=0.1, log=True), "dropout": Dimension(choices=(None, 0.5))}
TUNING: dict[str, Any] = {"trials": 3, "finalists": 2, "finalist_seeds": 1, "space": SPACE}
NewMember = Callable[..., Member]


@pytest.fixture
def new_member(tmp_path: Path, prepared: Path, blueprint: Blueprint) -> NewMember:
    """Makes searches in one project; keywords are those of TuningSettings."""
    shutil.copytree(prepared, tmp_path / "data/prepared/tiny")
    write_json(tmp_path / "data/sizes/tiny/shared.json", blueprint.as_json())

    def new(root: Path = tmp_path, **tuning: Any) -> Member:
        return Member(
            root,
            "tiny",
            "shared",
            TrainSettings(max_epochs=2, batch_size=16),
            TrainerSettings(accelerator="cpu", threads=1),
            TuningSettings(**{**TUNING, **tuning}),
            TrackingSettings(enabled=False),
            RunIdentity("timeshare/tiny", "tune shared", "a" * 64),
            "b" * 64,
        )

    return new
