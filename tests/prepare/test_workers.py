import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pyarrow as pa
import pytest

from timeshare.core.config.errors import UserError
from timeshare.prepare.workers import Workers

pytestmark = pytest.mark.integration


def chunk(*texts: str) -> pa.RecordBatch:
    return pa.record_batch({"text": pa.array(texts)})


@pytest.mark.parametrize("count", [1, 2])
def test_chunks_come_back_in_order_and_are_read_only_a_few_ahead(count: int) -> None:
    read = 0

    def chunks() -> Iterator[pa.RecordBatch]:
        nonlocal read
        for read in range(1, 31):
            yield chunk(f"t{read} x")

    with Workers(count, "whitespace") as workers:
        for done, (batch, tokens) in enumerate(workers.tokenised(chunks()), start=1):
            assert batch.column("text").to_pylist() == [f"t{done} x"]
            assert tokens.distinct == [f"t{done}", "x"]
            assert read <= done + 2 * count + 1
    assert (done, read) == (30, 30)


def test_a_killed_process_is_one_line() -> None:
    def chunks() -> Iterator[pa.RecordBatch]:
        for _ in range(4):  # until both processes are there
            yield chunk("a")
        for pid in list(workers._executor._processes):
            os.kill(pid, signal.SIGKILL)
        while True:
            yield chunk("a")

    with Workers(2, "whitespace") as workers, pytest.raises(UserError, match=r"lower prepare\.workers"):
        for _ in workers.tokenised(chunks()):
            pass


def test_workers_end_with_the_process_that_started_them() -> None:
    script = """
import pyarrow as pa, sys, time
from timeshare.prepare.workers import Workers
if __name__ == "__main__":
    with Workers(2, "whitespace") as workers:
        list(workers.tokenised([pa.record_batch({"text": pa.array(["a"])})]))
        print(*workers._executor._processes, flush=True)
        time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent:
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        assert workers
        parent.kill()
    until = time.monotonic() + 20
    while any(is_running(pid) for pid in workers) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(is_running(pid) for pid in workers)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
