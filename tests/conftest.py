"""What holds for all tests."""

import os
import signal

# What a shell starts in the background ignores Ctrl-C, and so would all that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# What is printed and not flushed is then lost, as it is for users.
os.environ.pop("PYTHONUNBUFFERED", None)
# Before torch is imported, here and in what the tests start: tests that run side by side share the cores by processes.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from timeshare.core.arithmetic import settle

# Stages that tests call by themselves find torch imported, and settled as the `timeshare` command would have.
settle("portable")

from collections.abc import Iterator

import pytest
from hypothesis import settings

# The same examples in every run, and no limit on the time of one: a machine at work elsewhere fails no test.
settings.register_profile("timeshare", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("timeshare")


@pytest.fixture(autouse=True)
def _environment_stays() -> Iterator[None]:
    """A test that leaves a variable behind, by itself or by a library's "set", changes what the next ones start."""
    before = dict(os.environ)
    yield
    after = dict(os.environ)
    os.environ.clear()
    os.environ.update(before)
    # pytest's own is gone when the next test begins; torch's compiler and threadpoolctl set theirs when first imported.
    theirs = {"PYTEST_CURRENT_TEST", "TORCHINDUCTOR_CACHE_DIR", "KMP_DUPLICATE_LIB_OK"}
    changed = {name for name, _ in before.items() ^ after.items()} - theirs
    assert not changed, f"left in the environment: {', '.join(sorted(changed))}"
