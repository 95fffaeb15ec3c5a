"""Two processes learn what one does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from timeshare.core.artifacts import write_json
from timeshare.models.saved import Blueprint

pytestmark = pytest.mark.integration


@pytest.mark.pipeline
@pytest.mark.thorough
def test_two_processes_reach_the_weights_and_figures_of_one(
    blueprint: Blueprint, prepared: Path, tmp_path: Path
) -> None:
    settings = blueprint.settings.model_copy(update={"dropout": 0.0})
    write_json(tmp_path / "blueprint.json", Blueprint(**{**vars(blueprint), "settings": settings}).as_json())
    for devices in ("1", "2"):
        (tmp_path / devices).mkdir()
        subprocess.run(
            [
                sys.executable,
                str(Path(__file__).with_name("ddp_fit.py")),
                str(tmp_path / "blueprint.json"),
                str(prepared),
                str(tmp_path / devices),
                devices,
            ],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            check=True,
            timeout=300,
        )
    curves = [json.loads((tmp_path / devices / "curves.json").read_text()) for devices in "12"]
    # 150 examples in global batches of 15, of which 8 and 7 (and a fill-up) go to the two processes: 20 steps and more.
    assert len(curves[0]) == len(curves[1]) == 2
    for one, two in zip(*curves, strict=True):
        for name, value in one.items():
            assert two[name] == pytest.approx(value, rel=1e-5), name
    one, two = (load_file(tmp_path / devices / "weights.safetensors") for devices in "12")
    for name, weights in one.items():
        assert torch.allclose(two[name], weights, rtol=1e-5, atol=1e-6), name
