"""`timeshare register`: put each dataset's best model into the MLflow registry, with the alias champion."""

import sys
from pathlib import Path

from timeshare.params import load_params
from timeshare.pipeline.members import seed_runs_of
from timeshare.tracking.delivery import drain
from timeshare.tracking.registry import CHAMPION, register

_SEND_SECONDS = 120.0


def main() -> None:
    """Choose by tracking.champion_metric, and print what was registered."""
    params = load_params()
    delivered = drain(Path(), _SEND_SECONDS)
    settings = params.tracking
    seed_runs = seed_runs_of(Path(), params)
    champions = register(
        Path(), settings, seed_runs, settings.champion_metric, settings.champion_lowest, unsent=delivered.reason
    )
    for champion in champions:
        seed_run = champion.seed_run
        print(
            f"{champion.name}@{CHAMPION} is version {champion.version}: {seed_run.model}, seed {seed_run.seed}, "
            f"{settings.champion_metric} {champion.value:.4f}"
        )
        if seed_run.state != "up to date":
            print(
                f"{champion.name}: this model is {seed_run.state}; `timeshare repro`, and register again",
                file=sys.stderr,
            )
