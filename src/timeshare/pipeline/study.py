"""study@NAME: answer one question with models of its own, and write studies/NAME."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from timeshare.core.artifacts import whole_directory
from timeshare.core.config.errors import UserError
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

if TYPE_CHECKING:
    from timeshare.core.config import Params


def main(params: "Params", name: str) -> None:
    """Run a study of the catalogue, whether run.studies names it or not.

    Raises:
        UserError: the catalogue has no such study.
    """
    studies = params.studies
    if name not in studies:
        raise UserError(f"study {name!r} is not in params.yaml, whose studies are {', '.join(studies)}")
    torch.set_num_threads(studies[name].threads)
    with whole_directory(Path("studies") / name) as folder:
        _run(studies[name], folder)


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
