"""The stages of a run of the user's own data: which come first, and which studies it does not ask for."""

from collections.abc import Iterator

from timeshare.params import Params
from timeshare.questions.settings import StudySettings
from timeshare.sources.source import DatasetSettings
from timeshare.sources.table import is_own


def reading_stages(params: Params) -> frozenset[str]:
    """The stages in which a mistake in the user's own data comes out."""
    own = [name for name in params.run.datasets if is_own(params.dataset(name))]
    return frozenset(f"{stage}@{name}" for name in own for stage in ("download", "ingest"))


def unasked_studies(params: Params) -> tuple[str, ...]:
    """The studies of `run.studies` whose data is made by this package, where `run.datasets` names no such data."""
    if not all(is_own(params.dataset(name)) for name in params.run.datasets):
        return ()
    return tuple(name for name in params.run.studies if not any(map(is_own, _data_of(params.study(name)))))


def _data_of(study: StudySettings) -> Iterator[DatasetSettings]:
    for _, value in study:
        for item in value.values() if isinstance(value, dict) else [value]:
            if isinstance(item, DatasetSettings):
                yield item
