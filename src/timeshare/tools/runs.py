"""`timeshare runs`: the members of the run, their state, and the MLflow run of each."""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from timeshare.core.config.errors import UserError
from timeshare.params import load_params
from timeshare.pipeline.members import member_runs, runs_of_stage


def main(stage: str | None, seed: int | None) -> None:
    """Print a table of all members; for the name of a DVC stage each seed and its run's id; for a seed its id alone.

    Raises:
        UserError: dvc.lock has no such stage, or no run of it was tracked here.
    """
    if stage is not None:
        runs = runs_of_stage(Path(), stage, load_params())
        if seed is None:
            print("\n".join(f"{number} {run_id}" for number, run_id in runs.items()))
        elif seed in runs:
            print(runs[seed])
        else:
            raise UserError(f"{stage}: has no run of seed {seed}; it has those of {', '.join(map(str, runs))}")
        return
    table = Table("dataset", "model", "seed", "state", "MLflow run")
    for member in member_runs(Path(), load_params()):
        table.add_row(member.dataset, member.model, str(member.seed), member.state, member.run_id or "-")
    # Run ids are there to be copied: off a terminal no column is cut to 80 characters.
    Console(width=None if sys.stdout.isatty() else 160).print(table)
