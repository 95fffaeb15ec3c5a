"""study@NAME: answer one question with models of its own, and write studies/NAME."""

from pathlib import Path

import torch

from timeshare.core.artifacts import whole_directory
from timeshare.params import load_params
from timeshare.questions.table import STUDIES


def main(name: str) -> None:
    """Run a study of the catalogue, whether run.studies names it or not.

    Raises:
        UserError: the catalogue has no such study.
    """
    settings = load_params().study(name)
    torch.set_num_threads(settings.threads)
    with whole_directory(Path("studies") / name) as folder:
        STUDIES[settings.study].run_study(settings, folder)
