"""What holds for all tests."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from timeshare.core.arithmetic import portable_variables

# What a shell starts in the background ignores Ctrl-C, and so would all that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# What is printed and not flushed is then lost, as it is for users.
os.environ.pop("PYTHONUNBUFFERED", None)
# Before torch is imported, here and in what the tests start: tests that run side by side share the cores by processes.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Threads that wait by spinning keep a busy machine from the thread that they wait for: minutes, where it takes seconds.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Where the runs of whoever starts the tests go, which repository a hook of git is about, a user's own settings of both.
for _name in [name for name in os.environ if name.startswith(("DVC_", "GIT_", "MLFLOW_", "TIMESHARE_"))]:
    del os.environ[_name]
os.environ |= {"DVC_NO_ANALYTICS": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
os.environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
os.environ |= {f"DVC_{scope}_CONFIG_DIR": "/nonexistent" for scope in ("GLOBAL", "SYSTEM")}

# A stage that a test calls by itself finds torch imported: it must have been settled before, as the command does.
os.environ |= portable_variables()

# The same examples in every run, and no limit on the time of one: a machine at work elsewhere fails no test.
settings.register_profile("timeshare", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("timeshare")

ROOT = Path(__file__).parents[1]
# What users edit and what their runs write here: no test may depend on it. `committed` reads what was committed.
_USERS = tuple(
    f"{ROOT}/{name}"
    for name in (
        *(
            "params.yaml",
            "dvc.lock",
            "mlflow.db",
            "mlartifacts",
            ".timeshare",
            ".dvc/cache",
            ".dvc/config.local",
            ".dvc/tmp",
        ),
        *("data/downloads", "data/files", "data/prepared", "data/raw", "data/sizes", "data/study_code", "data/vectors"),
        *("benchmarks/measured", "models", "report", "results", "studies", "tuning"),
        "src/timeshare/tools/templates/project/params.yaml",  # a link
    )
)


def _refuse_what_is_the_users(event: str, arguments: tuple[object, ...]) -> None:
    """Let no test read what a user's run has written, or write over it; other processes than this one may."""
    if event in ("open", "os.listdir", "os.scandir") and isinstance(arguments[0], (str, os.PathLike)):
        path = os.fspath(arguments[0])
        if event == "open" and arguments[1] is None and not os.path.isabs(path):  # noqa: PTH117 # at every import
            return  # by os.open, as shutil.rmtree does: from a folder that the event does not name
        if isinstance(path, str) and os.path.abspath(path).startswith(_USERS):  # noqa: PTH100 # at every import
            raise AssertionError(f"{path} is the user's: tests read their own files, or `committed(...)`")


sys.addaudithook(_refuse_what_is_the_users)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """What shares a fixture that takes long runs in one process: a file, and the folders whose files share one."""
    from xdist.scheduler.loadscope import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            folder = file.rpartition("/")[0]
            return folder if folder in ("tests/pipeline", "tests/trust") else file

    return Scheduling(config, log)


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
