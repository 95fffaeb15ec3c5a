"""A stage that is killed at any moment leaves what was there or all of the new, and run again gives the same bytes."""

import random
import shutil
from pathlib import Path

import pytest

from tests.trust.conftest import SIGNALS, Server, content

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("trust")]

# stage: (its arguments, its output, kills by each signal)
STAGES = {
    "download": (["parity"], "data/downloads/parity", 1),
    "ingest": (["mine"], "data/raw/mine", 2),
    "prepare": (["parity"], "data/prepared/parity", 2),
    "size": (["parity"], "data/sizes/parity", 1),
    "train": (["parity", "shared", "0"], "models/parity/shared/0", 4),
    "evaluate": (["parity", "shared", "0"], "results/parity/shared/0", 2),
    "study": (["imitation"], "studies/imitation", 1),
    "report": ([], "report", 1),
}
STATUSES = {"SIGTERM": 143, "SIGINT": 130, "SIGKILL": -9}


@pytest.mark.parametrize("signum", SIGNALS)
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_killed_at_any_file_event(
    server: Server, project: Path, finished: Path, stage: str, signum: str
) -> None:
    arguments, output, kills = STAGES[stage]
    draw = random.Random(f"{stage} {signum}")
    shutil.rmtree(project / output)
    whole = content(finished / output)
    events = server.run(project, stage, *arguments).events
    assert content(project / output) == whole
    landed = 0
    while landed < kills:
        # As DVC has it, the output is gone when its stage starts; by hand, an old one may be there.
        gone = draw.random() < 0.7
        if gone:
            shutil.rmtree(project / output, ignore_errors=True)
        killed = server.run(project, stage, *arguments, signum=SIGNALS[signum], at=draw.randint(1, events))
        if killed.status == 0:
            continue
        landed += 1
        assert killed.status == STATUSES[signum], killed.error
        assert killed.error.count("Traceback") == 0, killed.error
        if (project / output).exists():
            assert content(project / output) == whole
        again = server.run(project, stage, *arguments)
        assert again.status == 0, again.error
        assert content(project / output) == whole
    left = {path for path in content(project) if not path.startswith("src")} - set(content(finished))
    assert not left
