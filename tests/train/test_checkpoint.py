"""Checkpoints come back as they were, and nothing in them is ever executed."""

import os
import pickle
from pathlib import Path

import pytest
import torch

from timeshare.core.config.errors import UserError
from timeshare.train.checkpoint import SafetensorsCheckpointIO


def test_nested_values_come_back_equal_with_their_types(tmp_path: Path) -> None:
    shared = torch.arange(6.0).reshape(2, 3)
    checkpoint = {
        "weights": {"a": shared, "view": shared[:, 1], "half": torch.ones(2, dtype=torch.bfloat16)},
        "optimizer": {"state": {0: {"step": torch.tensor(3.0)}, 1: {}}, "betas": (0.9, 0.999)},
        "text": "µ",
        "flags": [True, None, 1, 0.1],
    }
    io = SafetensorsCheckpointIO()
    io.save_checkpoint(checkpoint, tmp_path / "a.ckpt")
    loaded = io.load_checkpoint(tmp_path / "a.ckpt")
    assert list(loaded) == list(checkpoint)
    assert loaded["flags"] == [True, None, 1, 0.1]
    assert loaded["text"] == "µ"
    assert loaded["optimizer"]["betas"] == (0.9, 0.999)
    assert list(loaded["optimizer"]["state"]) == [0, 1]
    for name, tensor in checkpoint["weights"].items():
        assert torch.equal(loaded["weights"][name], tensor)
        assert loaded["weights"][name].dtype == tensor.dtype
    io.remove_checkpoint(tmp_path / "a.ckpt")
    assert not (tmp_path / "a.ckpt").exists()


def test_infinity_survives(tmp_path: Path) -> None:
    io = SafetensorsCheckpointIO()
    io.save_checkpoint({"best": float("inf")}, tmp_path / "a.ckpt")
    assert io.load_checkpoint(tmp_path / "a.ckpt") == {"best": float("inf")}


def test_a_value_that_is_no_plain_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"cannot hold a .*Path"):
        SafetensorsCheckpointIO().save_checkpoint({"path": Path()}, tmp_path / "a.ckpt")
    assert not (tmp_path / "a.ckpt").exists()


class _Malicious:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("owned",)


def test_a_malicious_pickle_is_refused_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": _Malicious()}, "torch.ckpt")
    Path("plain.ckpt").write_bytes(pickle.dumps(_Malicious()))
    for name in ("torch.ckpt", "plain.ckpt"):
        with pytest.raises(UserError, match=rf"{name}: is no checkpoint"):
            SafetensorsCheckpointIO().load_checkpoint(name)
    assert not Path("owned").exists()


def test_a_truncated_checkpoint_is_refused(tmp_path: Path) -> None:
    io = SafetensorsCheckpointIO()
    io.save_checkpoint({"a": torch.ones(100)}, tmp_path / "a.ckpt")
    whole = (tmp_path / "a.ckpt").read_bytes()
    for size in (0, 7, 50, len(whole) - 1):
        (tmp_path / "a.ckpt").write_bytes(whole[:size])
        with pytest.raises(UserError, match=r"is no checkpoint"):
            io.load_checkpoint(tmp_path / "a.ckpt")
