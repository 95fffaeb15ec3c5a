"""`timeshare runs`: the seeds of each member of the run, their state, and the MLflow run of each."""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from timeshare.core.config.errors import UserError
from timeshare.params import load_params
from timeshare.pipeline.members import runs_of_stage, seed_runs_of


def main(stage: str | None, seed: int | None) -> None:
    """Print a table of all seeds; for the name of a DVC stage each seed and its run's id; for a seed its id alone.

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
    for seed_run in seed_runs_of(Path(), load_params()):
        table.add_row(seed_run.dataset, seed_run.model, str(seed_run.seed), seed_run.state, seed_run.run_id or "-")
    # Run ids are there to be copied: off a terminal no column is cut to 80 characters.
    Console(width=None if sys.stdout.isatty() else 160).print(table)
