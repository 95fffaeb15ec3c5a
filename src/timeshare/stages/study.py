"""study@NAME: answer one question with models of its own, and write studies/NAME."""

from pathlib import Path

import torch

from timeshare.core.artifacts import whole_directory
from timeshare.core.config.studies import (
    AnyStudy,
    CellsSettings,
    ChomskySettings,
    ImitationSettings,
    LearningCurveSettings,
    MemorySettings,
    NextTokenSettings,
    PaddingSettings,
    RelaxedSettings,
)
from timeshare.params import load_params


def main(name: str) -> None:
    """Run a study of the catalogue, whether run.studies names it or not.

    Raises:
        UserError: the catalogue has no such study.
    """
    settings = load_params().study(name)
    torch.set_num_threads(settings.threads)
    with whole_directory(Path("studies") / name) as folder:
        _run(settings, folder)


def _run(settings: AnyStudy, folder: Path) -> None:
    # Imported only when run: half of the studies need no Lightning, which takes longer to import than they to run.
    match settings:
        case PaddingSettings():
            from timeshare.studies import padding

            padding.run(settings, folder)
        case MemorySettings():
            from timeshare.studies import memory

            memory.run(settings, folder)
        case CellsSettings():
            from timeshare.studies import cells

            cells.run(settings, folder)
        case ImitationSettings():
            from timeshare.studies import imitation

            imitation.run(settings, folder)
        case NextTokenSettings():
            from timeshare.studies import next_token

            next_token.run(settings, folder)
        case LearningCurveSettings():
            from timeshare.studies import learning_curve

            learning_curve.run(settings, folder)
        case ChomskySettings():
            from timeshare.studies import chomsky

            chomsky.run(settings, folder)
        case RelaxedSettings():
            from timeshare.studies import relaxed

            relaxed.run(settings, folder)
