"""A run as a stage names it; apart from the fixtures, which import what a stage that is started need not wait for."""

from timeshare.tracking.identity import DataInput, RunIdentity


def run_identity(name: str = "shared-0", key: str = "a" * 64, *, parent: bool = True) -> RunIdentity:
    repro = RunIdentity("timeshare/parity", "repro-01234567", "b" * 64, {"timeshare.kind": "repro"})
    return RunIdentity(
        experiment="timeshare/parity",
        name=name,
        key=key,
        tags={"timeshare.dataset": "parity", "timeshare.model": name.partition("-")[0]},
        inputs=(DataInput("parity", "0123456789abcdef0123456789abcdef.dir", "data/prepared/parity"),),
        parent=repro if parent else None,
    )
