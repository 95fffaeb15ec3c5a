"""`timeshare register`: put each dataset's best model into the MLflow registry, with the alias champion."""

import sys
from pathlib import Path

from timeshare.params import load_params
from timeshare.pipeline.members import member_runs
from timeshare.tracking.delivery import drain
from timeshare.tracking.registry import CHAMPION, register

_SEND_SECONDS = 120.0


def main() -> None:
    """Choose by tracking.champion_metric, and print what was registered."""
    params = load_params()
    delivered = drain(Path(), _SEND_SECONDS)
    settings = params.tracking
    members = member_runs(Path(), params)
    champions = register(
        Path(), settings, members, settings.champion_metric, settings.champion_lowest, unsent=delivered.reason
    )
    for champion in champions:
        member = champion.member
        print(
            f"{champion.name}@{CHAMPION} is version {champion.version}: {member.model}, seed {member.seed}, "
            f"{settings.champion_metric} {champion.value:.4f}"
        )
        if member.state != "up to date":
            print(
                f"{champion.name}: this model is {member.state}; `timeshare repro`, and register again",
                file=sys.stderr,
            )
