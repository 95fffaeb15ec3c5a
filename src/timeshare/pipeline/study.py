"""study@NAME: answer one question with models of its own, and write studies/NAME."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from timeshare.core.arithmetic import settle
from timeshare.core.artifacts import whole_directory
from timeshare.questions.table import STUDIES

if TYPE_CHECKING:
    from timeshare.params import Params


def main(params: "Params", name: str) -> None:
    """Run a study of the catalogue, whether run.studies names it or not.

    Raises:
        UserError: the catalogue has no such study.
    """
    settle(params.trainer.arithmetic)
    settings = params.study(name)
    torch.set_num_threads(settings.threads)
    with whole_directory(Path("studies") / name) as folder:
        STUDIES[settings.study].run_study(settings, folder)
