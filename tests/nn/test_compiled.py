"""What is compiled where a compiler is: it is taken, and right to rounding; where it cannot be had, nobody notices."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch._subclasses import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from tests.nn.layers import SCHEMES, build, draw, needs_compiler
from timeshare.core.arithmetic import PORTABLE
from timeshare.nn import compiled
from timeshare.nn.cells.lstm_compiled import compiled_loop

ROWS, STEPS, INPUTS, HIDDEN = 3, 5, 6, 7
LIKE = torch.empty(0)
EDGES = [0.0, 1e-30, -1e-30, 20.0, -20.0, 1e4, -1e4, float("inf"), float("-inf"), float("nan")]


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The folder of what is compiled, by a process that has not loaded anything yet."""
    monkeypatch.delenv(compiled.SWITCH, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    compiled._library.cache_clear()
    yield tmp_path / "timeshare"
    compiled._library.cache_clear()


def gradients(dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """What a training step of a small net gives: its output, and the gradients of its weights."""
    layer = build("lstm", SCHEMES["mixture"], INPUTS, HIDDEN).to(dtype)
    output, _ = layer(draw(ROWS, STEPS, INPUTS).to(dtype), torch.tensor([5, 1, 3]))
    return [output.detach(), *torch.autograd.grad(output.square().sum(), list(layer.parameters()))]


def compiler(folder: Path, script: str) -> None:
    """A compiler that is a script."""
    folder.mkdir()
    (folder / "cc").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "cc").chmod(0o755)


@needs_compiler
@pytest.mark.parametrize(("dtype", "ulps"), [(torch.float32, 3), (torch.float64, 3)], ids=["float32", "float64"])
def test_the_gates_are_what_they_should_be_to_the_last_bits(compiling: None, dtype: torch.dtype, ulps: int) -> None:
    drawn = draw(1000) * torch.logspace(-6, 1.5, 1000, dtype=torch.float64)
    z = torch.cat([drawn, torch.tensor(EDGES, dtype=torch.float64)]).to(dtype)
    loop = compiled_loop(z)
    assert loop is not None
    forward = loop[0](z, 1, len(z), 1)
    forward.gates[:] = z.repeat(4).unsqueeze(1)
    for slots in forward.states:
        slots[0] = 0
    forward.advance(0, torch.zeros(4 * len(z), len(z), dtype=dtype))
    found = forward.gates[0, :, 0].view(4, -1)
    smallest = torch.finfo(dtype).tiny
    exact = z.double()
    expected = torch.stack([exact.sigmoid(), exact.sigmoid(), exact.tanh(), exact.sigmoid()])
    tolerance = ulps * torch.finfo(dtype).eps
    torch.testing.assert_close(found.double(), expected, rtol=tolerance, atol=4 * smallest, equal_nan=True)


@needs_compiler
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 2e-5), (torch.float64, 1e-12)], ids=["float32", "float64"]
)
def test_it_is_taken_for_training_and_gives_what_torch_gives(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype, tolerance: float
) -> None:
    found = gradients(dtype)
    assert len(list(fresh.iterdir())) == 1
    monkeypatch.setenv(compiled.SWITCH, "0")
    torch.testing.assert_close(found, gradients(dtype), atol=tolerance, rtol=tolerance)


@needs_compiler
def test_threads_share_the_rows_and_change_no_bit(compiling: None) -> None:
    """Of what is compiled alone: torch's products are divided otherwise between two threads."""
    rows, size = 67, 64

    def results(threads: int) -> tuple[Tensor, ...]:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            loop = compiled_loop(LIKE)
            assert loop is not None
            forward = loop[0](LIKE, 1, size, rows)
            forward.gates.copy_(draw(1, 4 * size, rows))
            for place, slots in enumerate(forward.states):
                slots[0] = draw(size, rows, seed=place)
            forward.advance(0, torch.zeros(4 * size, size))
            adjoint = loop[1](forward.buffers, 1)
            for place, part in enumerate(adjoint.gradients):
                part.copy_(draw(size, rows, seed=place))
            adjoint.load(0, 1, draw(1, size, rows).float())
            adjoint.retreat(0, torch.zeros(size, 4 * size))
            return *forward.states, adjoint.products()[0], adjoint.gradients[1]
        finally:
            torch.set_num_threads(before)

    for one, other in zip(results(1), results(2), strict=True):
        assert torch.equal(one, other)


@needs_compiler
def test_without_gradients_nothing_is_compiled(fresh: Path) -> None:
    layer = build("lstm", SCHEMES["unshared"], INPUTS, HIDDEN)
    with torch.no_grad():
        layer(draw(ROWS, STEPS, INPUTS))
    assert not fresh.exists()


@pytest.mark.parametrize(
    "like",
    [torch.empty(0, dtype=torch.bfloat16), torch.empty(0, device="meta")],
    ids=["another type", "no memory"],
)
def test_it_is_for_float32_and_float64_in_memory_alone(fresh: Path, like: Tensor) -> None:
    assert compiled_loop(like) is None


@pytest.mark.parametrize("mode", [FakeTensorMode, FlopCounterMode], ids=["fake", "counted"])
def test_where_operations_are_recorded_it_is_not_taken(fresh: Path, mode: type[TorchDispatchMode]) -> None:
    with mode():
        assert compiled_loop(torch.empty(0)) is None


def test_where_arithmetic_is_portable_it_is_not_taken(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(compiled.SWITCH, PORTABLE[compiled.SWITCH])
    assert compiled_loop(LIKE) is None
    assert not fresh.exists()


@needs_compiler
def test_it_is_compiled_once_whoever_asks_at_once(fresh: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found: list[object] = []
    asking = [threading.Thread(target=lambda: found.append(compiled_loop(LIKE))) for _ in range(4)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(found) == 4
    assert None not in found
    (made,) = fresh.iterdir()
    before = made.stat().st_mtime_ns
    compiled._library.cache_clear()
    assert compiled_loop(LIKE) is not None
    assert made.stat().st_mtime_ns == before


_BROKEN = {
    "fails": "exit 1",
    "says much": "echo said; echo said >&2; exit 1",
    "makes nothing": "exit 0",
    "makes rubbish": 'while [ "$1" != -o ]; do shift; done; echo rubbish > "$2"',
    "is not there": None,
}


@pytest.mark.parametrize("script", _BROKEN.values(), ids=_BROKEN.keys())
def test_a_compiler_that_does_not_work_changes_nothing_and_says_nothing(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    if script is not None:
        compiler(tmp_path / "bin", script)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    found = gradients()
    assert compiled_loop(LIKE) is None
    assert capfd.readouterr() == ("", "")
    monkeypatch.setenv(compiled.SWITCH, "0")
    assert all(torch.equal(one, other) for one, other in zip(found, gradients(), strict=True))


def test_what_hangs_is_given_up(fresh: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    compiler(tmp_path / "bin", "exec sleep 60")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(compiled, "_SECONDS", 0.1)
    assert compiled_loop(LIKE) is None


def _open_to_others(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    folder.chmod(0o770)


_FOLDERS = {
    "others may write to it": _open_to_others,
    "it leads elsewhere": lambda folder: folder.symlink_to(folder.parent),
    "it is a file": Path.touch,
}


@needs_compiler
@pytest.mark.parametrize("make", _FOLDERS.values(), ids=_FOLDERS.keys())
def test_a_folder_that_is_not_the_users_own_is_not_used(fresh: Path, make) -> None:
    make(fresh)
    assert compiled_loop(LIKE) is None
    assert not list(fresh.parent.rglob("*.so"))


@needs_compiler
def test_the_loop_reads_its_own_memory_whatever_layout_a_hook_gives_it_back_in(compiling: None) -> None:
    """As where saved tensors are kept elsewhere until backward asks for them."""
    layer = build("lstm", SCHEMES["unshared"], INPUTS, HIDDEN)

    def grads() -> tuple[Tensor, ...]:
        return torch.autograd.grad(layer(draw(ROWS, STEPS, INPUTS))[0].sum(), list(layer.parameters()))

    def strided(tensor: Tensor) -> Tensor:
        return tensor.transpose(0, -1).contiguous().transpose(0, -1)

    expected = grads()
    with torch.autograd.graph.saved_tensors_hooks(strided, lambda tensor: tensor):
        found = grads()
    torch.testing.assert_close(found, expected, atol=1e-13, rtol=0)


@needs_compiler
@pytest.mark.parametrize("sizes", [(ROWS, 1, HIDDEN), (1, STEPS, HIDDEN), (ROWS, STEPS, 1), (1, 1, 1)], ids=str)
def test_gradients_that_arrive_may_be_expanded(compiling: None, monkeypatch: pytest.MonkeyPatch, sizes: tuple) -> None:
    """As those of sums and means are: one number in memory for many."""
    found = []
    for switch in ("1", "0"):
        monkeypatch.setenv(compiled.SWITCH, switch)
        output, _ = build("lstm", SCHEMES["unshared"], INPUTS, HIDDEN)(x := draw(ROWS, STEPS, INPUTS).requires_grad_())
        found.append(torch.autograd.grad(output, x, draw(*sizes).expand(ROWS, STEPS, HIDDEN)))
    torch.testing.assert_close(*found, atol=1e-13, rtol=0)
