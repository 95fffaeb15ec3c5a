"""make gpu-check, with the CPU in the accelerator's place: it finds what differs, and says so."""

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch
from torch import Tensor

from tests import committed
from timeshare.nn import TimeRecurrent
from timeshare.train.fit import TrainerSettings

SMALL = (3, 4, 5, 6)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """benchmarks/gpu_check.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(committed.ROOT / "benchmarks"))
        return importlib.import_module("gpu_check")


@pytest.fixture
def check(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, of few cells and schemes, and with the tests' params.yaml."""
    monkeypatch.chdir(committed.ROOT / "tests")
    monkeypatch.setattr(script, "CELLS", ("gru",))
    monkeypatch.setattr(script, "SCHEMES", {name: script.SCHEMES[name] for name in ("unshared", "basis")})
    monkeypatch.setattr(script, "LENGTHS", (5, 2))
    return script


def test_without_a_card_it_says_that_it_is_skipped(
    check: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(sys, "argv", ["gpu_check.py"])
    assert check.main() == 77
    assert capsys.readouterr().out == "gpu-check: skipped, since torch finds no cuda device here\n"


def test_layers_that_agree_are_passed(
    check: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["gpu_check.py", "--device", "cpu", "--only", "layers"])
    assert check.main() == 0
    assert capsys.readouterr().out.splitlines() == ["gpu-check: layers", "gpu-check: 0 differences"]


@pytest.mark.parametrize("place", ["output", "gradient"])
def test_a_difference_in_single_precision_is_found(
    check: ModuleType, place: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = TimeRecurrent.run

    def off(layer: TimeRecurrent, x: Tensor, *given: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        output, final = run(layer, x, *given)
        if x.dtype == torch.float32:
            output = output * 1.01 if place == "output" else output + 0.01 * (x.sum() - x.sum().detach())
        return output, final

    monkeypatch.setattr(TimeRecurrent, "run", off)
    monkeypatch.setattr(sys, "argv", ["gpu_check.py", "--device", "cpu", "--only", "layers"])
    assert check.main() == 1
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()[1:-1]]
    assert {line.rpartition(", torch.float32: ")[0] for line in lines} == {
        f"gru, {scheme}, {options}, {loop} loop"
        for scheme in ("unshared", "basis")
        for options in check.OPTIONS
        for loop in ("fast", "plain")
        if (options, loop) != ("normalised", "fast")
    }


def test_fits_are_compared_model_by_model(check: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(check.check_fits("cpu", ["bag_of_words"])) == []
    given: list[TrainerSettings] = []

    def another(*_: object, trainer: TrainerSettings, **__: object) -> SimpleNamespace:
        given.append(trainer)
        return SimpleNamespace(curves=[{"train_loss": 0.1 * len(given), "valid_loss": 0.5}])

    monkeypatch.setattr(check, "fit", another)
    lines = list(check.check_fits("cuda", ["shared"]))
    assert [line.partition(":")[0] for line in lines] == [
        f"fit of shared {how}" for how in ("on the device", "in bfloat16", "through graphs")
    ]
    assert [one.accelerator for one in given] == ["cpu", "cuda", "cuda", "cuda", "cuda"]
    assert [one.precision for one in given].count("bf16-mixed") == 1
    assert [one.cuda_graphs for one in given] == [True, True, True, True, False]


def test_the_speed_is_a_file_with_the_cards_name(
    check: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys.modules["bench_layers"], "SCHEMES", {"unshared": {"sharing": "unshared"}})
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA A100-SXM4-40GB")
    real = check.on_card
    monkeypatch.setattr(check, "on_card", lambda shapes, seconds, device: real(shapes, seconds, "cpu"))
    path = check.check_speed("cuda", [SMALL], 0.01, tmp_path)
    assert path.name == "layers-nvidia-a100-sxm4-40gb.json"
    written = json.loads(path.read_text())
    assert written["machine"] == "NVIDIA A100-SXM4-40GB"
    assert {(one["layer"], one["peer"]) for one in written["figures"]} == {
        ("unshared", "nn.LSTM"),
        ("unshared", "LSTMCells"),
    }
