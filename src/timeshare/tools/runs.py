"""`timeshare runs`: the members of the run, their state, and the MLflow run of each."""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from timeshare.params import load_params
from timeshare.tracking.members import member_runs, run_of_stage


def main(stage: str | None) -> None:
    """Print a table of all members or, for the name of a DVC stage, its run's id alone."""
    if stage is not None:
        print(run_of_stage(Path(), stage))
        return
    table = Table("dataset", "model", "seed", "state", "MLflow run")
    for member in member_runs(Path(), load_params()):
        table.add_row(member.dataset, member.model, str(member.seed), member.state, member.run_id or "-")
    # Run ids are there to be copied: off a terminal no column is cut to 80 characters.
    Console(width=None if sys.stdout.isatty() else 160).print(table)
