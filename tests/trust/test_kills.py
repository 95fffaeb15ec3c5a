"""A stage that is killed leaves what was there, or all of the new; run again, it gives the bytes of an unbroken run."""

import random
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.trust.conftest import Ended, Finished, Server, content, make_due

pytestmark = [pytest.mark.pipeline, pytest.mark.thorough]

# Stage: its output, and how often each signal hits it.
STAGES = {
    ("download", "parity"): ("data/downloads/parity", 1),
    ("ingest", "mine"): ("data/raw/mine", 2),
    ("prepare", "parity"): ("data/prepared/parity", 2),
    ("size", "parity"): ("data/sizes/parity", 1),
    ("tune", "parity", "shared"): ("tuning/parity/shared", 2),
    ("train", "parity", "shared"): ("models/parity/shared/0", 4),
    ("evaluate", "parity", "shared"): ("results/parity/shared/0", 2),
    ("study", "imitation"): ("studies/imitation", 1),
    ("report",): ("report", 1),
}
# A shell's way of saying which signal ended a process; SIGKILL leaves it no time to say anything.
STATUSES = {signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGKILL: -9}


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage[0])
def test_a_stage_killed_at_a_file_event(
    server: Server, project: Path, finished: Finished, stage: tuple[str, ...]
) -> None:
    for signum in STATUSES:
        draw = random.Random(f"{stage} {signum}")
        for _ in range(STAGES[stage][1]):
            hit = kill(server, project, finished, stage, signum, draw, at=finished.runs[stage].events)
            assert hit
    assert content(project) == finished.content


@pytest.mark.parametrize("signum", STATUSES)
def test_training_killed_at_a_moment(server: Server, project: Path, finished: Finished, signum: int) -> None:
    stage = ("train", "parity", "shared")
    draw = random.Random(int(signum))
    # A moment that comes after the end is drawn again; that it falls into training is likely, not certain.
    while not kill(server, project, finished, stage, signum, draw, after=finished.runs[stage].seconds):
        pass
    assert content(project) == finished.content


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage[0])
def test_a_stage_killed_at_any_moment(
    server: Server, project: Path, finished: Finished, stage: tuple[str, ...]
) -> None:
    draw = random.Random(str(stage))
    hits = 0
    while hits < 30:
        signum = draw.choice(list(STATUSES))
        hits += kill(server, project, finished, stage, signum, draw, after=finished.runs[stage].seconds)
    assert content(project) == finished.content


def kill(
    server: Server,
    project: Path,
    finished: Finished,
    stage: tuple[str, ...],
    signum: int,
    draw: random.Random,
    **until: Any,
) -> bool:
    """Run a stage, kill it at a place drawn below `until`, look at what is left, and run it again.

    Returns:
        Whether it was killed, and not done before.
    """
    output = project / STAGES[stage][0]
    whole = finished.files_of(STAGES[stage][0])
    # DVC removes an output before its stage runs; a stage run by hand, or one that keeps its seeds, finds the old one.
    if draw.random() < 0.5:
        shutil.rmtree(output, ignore_errors=True)
    make_due(project, stage)
    old = content(output) if output.exists() else None
    place = {
        name: draw.randint(1, last) if name == "at" else draw.uniform(0.05, 1) * last for name, last in until.items()
    }
    killed = server.run(project, *stage, signum=signum, **place)
    if killed.status != 0:
        check_end(killed, signum)
        left = content(output) if output.exists() else None
        if stage == ("report",):
            # Its folder is another stage's too: each output in it is the old one, none, or the new one.
            for name in {path.partition("/")[0] for path in whole}:
                assert part(left, name) in (part(old, name), {}, part(whole, name))
        else:
            assert left in (old, None, whole)
    again = server.run(project, *stage)
    assert again.status == 0, again.error
    assert content(output) == whole
    return killed.status != 0


def part(files: dict[str, bytes | None] | None, name: str) -> dict[str, bytes | None]:
    """Of the content of a folder, one file or folder in it."""
    return {path: data for path, data in (files or {}).items() if path.partition("/")[0] == name}


def check_end(killed: Ended, signum: int) -> None:
    """The exit status tells of the signal, and stderr too where there was time for it: in one line, no traceback."""
    assert killed.status == STATUSES[signal.Signals(signum)], killed.error
    assert "Traceback" not in killed.error
    if signum != signal.SIGKILL:
        assert killed.error.endswith("; run it again to go on\n"), killed.error
