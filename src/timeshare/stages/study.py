"""study@NAME: answer one question with models of its own, and write studies/NAME."""

from pathlib import Path

import torch

from timeshare.core.artifacts import whole_directory
from timeshare.core.config import UserError, load_params
from timeshare.questions.table import STUDIES


def main(name: str) -> None:
    """Run a study of the catalogue, whether run.studies names it or not.

    Raises:
        UserError: the catalogue has no such study.
    """
    studies = load_params().studies
    if name not in studies:
        raise UserError(f"study {name!r} is not in params.yaml, whose studies are {', '.join(studies)}")
    settings = studies[name]
    torch.set_num_threads(settings.threads)
    with whole_directory(Path("studies") / name) as folder:
        STUDIES[settings.study].run_study(settings, folder)
