"""study@NAME: answer one question with models of its own, and write studies/NAME."""

from pathlib import Path

import torch

from timeshare.artifacts import whole_directory
from timeshare.config import UserError, load_params
from timeshare.config.studies import StudiesSettings


def main(name: str) -> None:
    """Run a study, of run.studies or not, with its settings in params.yaml.

    Raises:
        UserError: there is no such study.
    """
    settings = load_params().studies
    if name not in StudiesSettings.model_fields:
        raise UserError(f"there is no study {name!r}; the studies are {', '.join(StudiesSettings.model_fields)}")
    torch.set_num_threads(getattr(settings, name).threads)
    with whole_directory(Path("studies") / name) as folder:
        _run(name, settings, folder)


def _run(name: str, settings: StudiesSettings, folder: Path) -> None:
    # Imported only when run: half of the studies need no Lightning, which takes longer to import than they to run.
    match name:
        case "padding":
            from timeshare.studies import padding

            padding.run(settings.padding, folder)
        case "memory":
            from timeshare.studies import memory

            memory.run(settings.memory, folder)
        case "cells":
            from timeshare.studies import cells

            cells.run(settings.cells, folder)
        case "imitation":
            from timeshare.studies import imitation

            imitation.run(settings.imitation, folder)
        case "next_token":
            from timeshare.studies import next_token

            next_token.run(settings.next_token, folder)
        case "learning_curve":
            from timeshare.studies import learning_curve

            learning_curve.run(settings.learning_curve, folder)
        case "chomsky":
            from timeshare.studies import chomsky

            chomsky.run(settings.chomsky, folder)
        case "relaxed":
            from timeshare.studies import relaxed

            relaxed.run(settings.relaxed, folder)
        case _:
            raise ValueError(f"study {name!r} has settings but no code")
