"""Training goes on from the last epoch's checkpoint of the very same inputs, and from no other."""

import io
import os
import pickle
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from tests.trust.conftest import PARAMS, Finished, Server, content, write_params

pytestmark = pytest.mark.pipeline

TRAIN = ("train", "parity", "shared")
CHECKPOINTS = ".timeshare/checkpoints/parity-shared-0"
OWNED = "owned"


def break_off(server: Server, project: Path) -> Path:
    """Kill the training while its third checkpoint is moved into place."""
    shutil.rmtree(project / "models/parity/shared/0")
    killed = server.run(project, *TRAIN, signum=signal.SIGKILL, event="os.rename", at=3)
    assert killed.status == -signal.SIGKILL
    return project


@pytest.fixture
def broken_off(server: Server, project: Path) -> Path:
    """A project whose training was killed in its third epoch."""
    return break_off(server, project)


def epochs(error: str) -> list[int]:
    """The epochs that a training told of."""
    return [int(line.split("epoch ")[1].split()[0]) for line in error.splitlines() if ": epoch " in line]


def test_a_killed_training_goes_on_with_the_epoch_it_was_killed_in(
    server: Server, broken_off: Path, finished: Finished
) -> None:
    again = server.run(broken_off, *TRAIN)
    assert epochs(again.error) == [3, 4]
    assert content(broken_off) == finished.content


@pytest.mark.thorough
def test_a_kill_in_one_seed_costs_an_epoch_of_that_seed_and_nothing_of_those_before(
    server: Server, project: Path, finished: Finished
) -> None:
    models = project / "models/parity/shared"
    write_params(project, PARAMS | {"run": PARAMS["run"] | {"seeds": [2, 1, 0]}})
    assert epochs(server.run(project, *TRAIN).error) == [1, 2, 3, 4] * 2, "the seed that was there stays"
    unbroken = content(models)
    shutil.rmtree(models)
    write_params(project, PARAMS | {"run": PARAMS["run"] | {"seeds": [0, 1, 2]}})
    # Renames of a seed: four checkpoints, three JSON files, its folder (of which there was none to move away: two), and
    # the note of what it is made of.
    killed = server.run(project, *TRAIN, signum=signal.SIGKILL, event="os.rename", at=10 + 3)
    assert (killed.status, epochs(killed.error)) == (-signal.SIGKILL, [1, 2, 3, 4, 1, 2, 3])
    assert content(models / "0") == finished.files_of("models/parity/shared/0")
    assert [path.name for path in models.iterdir()] == ["0"]
    assert epochs(server.run(project, *TRAIN).error) == [3, 4, 1, 2, 3, 4]
    assert content(models) == unbroken


def edit_params(project: Path) -> None:
    write_params(project, PARAMS | {"training": PARAMS["training"] | {"label_smoothing": 0.1}})


def edit_data(project: Path) -> None:
    with (project / "data/prepared/parity/meta.json").open("a") as file:
        file.write("\n")


def edit_code(project: Path) -> None:
    with (project / "src/timeshare/train/fit.py").open("a") as file:
        file.write("# edited\n")


@pytest.mark.thorough
@pytest.mark.parametrize("edit", [edit_params, edit_data, edit_code])
def test_a_checkpoint_of_other_inputs_is_removed_and_not_read(
    server: Server, own_project: Path, edit: Callable[[Path], None]
) -> None:
    break_off(server, own_project)
    (old,) = (own_project / CHECKPOINTS).glob("*/last.ckpt")
    # Reading it would be told of, or worse.
    old.write_bytes(malicious())
    edit(own_project)
    again = server.run(own_project, *TRAIN)
    assert again.status == 0, again.error
    assert epochs(again.error) == [1, 2, 3, 4]
    assert "checkpoint" not in again.error
    assert not (own_project / CHECKPOINTS).exists()
    assert not list(own_project.rglob(OWNED))


def test_the_checkpoint_of_another_member_is_left_alone(server: Server, broken_off: Path) -> None:
    before = content(broken_off / CHECKPOINTS)
    assert server.run(broken_off, "train", "parity", "matched").status == 0
    assert content(broken_off / CHECKPOINTS) == before


class Malicious:
    """Makes a folder when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (OWNED,)


def malicious() -> bytes:
    """A pickle that leaves a mark where it is loaded."""
    return pickle.dumps(Malicious())


def torch_malicious() -> bytes:
    """The same as torch.save writes it."""
    file = io.BytesIO()
    torch.save({"state_dict": Malicious()}, file)
    return file.getvalue()


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda whole: whole[: len(whole) // 2],
    "empty": lambda whole: b"",
    "one byte short": lambda whole: whole[:-1],
    "garbage": lambda whole: b"garbage" * 100,
    "without content": lambda whole: save({"a": torch.ones(2)}),
    "a pickle": lambda whole: malicious(),
    "a pickle of torch's": lambda whole: torch_malicious(),
}


@pytest.mark.parametrize(
    "damage", [pytest.param(name, marks=[pytest.mark.thorough] if number else []) for number, name in enumerate(DAMAGE)]
)
def test_a_damaged_checkpoint_is_dropped_with_one_line(
    server: Server, broken_off: Path, finished: Finished, damage: str
) -> None:
    (checkpoint,) = (broken_off / CHECKPOINTS).glob("*/last.ckpt")
    checkpoint.write_bytes(DAMAGE[damage](checkpoint.read_bytes()))
    again = server.run(broken_off, *TRAIN)
    assert again.status == 0, again.error
    lines = [line for line in again.error.splitlines() if ": epoch " not in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"{checkpoint.relative_to(broken_off)}: is no checkpoint of this program (")
    assert lines[0].endswith("); training starts anew")
    assert epochs(again.error) == [1, 2, 3, 4]
    assert content(broken_off) == finished.content
