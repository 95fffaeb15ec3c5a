"""The ledger in a database server, where rows are locked instead of files."""

from pathlib import Path

import pytest

from tests.tracking.conftest import IN_POSTGRESQL, postgresql
from tests.tracking.processes import PostgreSQL
from tests.tuning.test_ledger import check_that_jobs_are_shared

__all__ = ["postgresql"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("kept_in", [IN_POSTGRESQL])
def test_processes_that_start_at_once_share_the_jobs(tmp_path: Path, postgresql: PostgreSQL, kept_in: str) -> None:
    postgresql.start()
    check_that_jobs_are_shared(tmp_path, postgresql.uri)
