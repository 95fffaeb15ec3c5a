"""The stages of a run of the user's own data: which come first, and which studies it does not ask for."""

from timeshare.params import Params


def reading_stages(params: Params) -> frozenset[str]:
    """The stages in which a mistake in the user's own data comes out."""
    return frozenset(f"{stage}@{name}" for name in params.own_datasets for stage in ("download", "ingest"))


def unasked_studies(params: Params) -> tuple[str, ...]:
    """The studies of `run.studies` whose data is made by this package, where `run.datasets` names no such data."""
    if params.own_datasets != params.run.datasets:
        return ()
    return tuple(name for name in params.run.studies if not params.reads_own_data(name))
