"""Portable fits have the same bytes whatever a processor could do, as far as variables can lower and raise that."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from timeshare.core.arithmetic import PORTABLE, portable_variables
from timeshare.core.artifacts import write_json
from timeshare.models.saved import Blueprint

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not portable_variables(), reason="no processor of x86-64 with AVX2"),
]
ROOT = Path(__file__).parents[2]
# Where a processor cannot do what is asked for, all of these fall back to what it can.
RAISED = {"ONEDNN_MAX_CPU_ISA": "ALL", "MKL_CBWR": "AUTO", "NPY_DISABLE_CPU_FEATURES": ""}
LOWERED = {
    "ATEN_CPU_CAPABILITY": "default",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "MKL_CBWR": "SSE4_2",
    "OPENBLAS_CORETYPE": "Nehalem",
    "TORCHINDUCTOR_CPP_MARCH": "x86-64",
}


@pytest.fixture(scope="module")
def blueprint_file(blueprint: Blueprint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("blueprint") / "model.json"
    write_json(path, blueprint.as_json())
    return path


def fits(
    arithmetic: str, variables: dict[str, str], blueprint: Path, prepared: Path, compiled: Path | None = None
) -> dict[str, str]:
    """The md5 of each net that a process of such an environment fits; with `compiled`, a folder, through a compiler."""
    inherited = {name: value for name, value in os.environ.items() if name not in PORTABLE}
    caching = {"TORCHINDUCTOR_CACHE_DIR": str(compiled)} if compiled else {}
    script = ROOT / "tests/train/portable_fits.py"
    done = subprocess.run(
        [sys.executable, script, arithmetic, blueprint, prepared, "compiled" if compiled else ""],
        env=inherited | variables | caching | {"PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.thorough
def test_portable_fits_are_the_same_on_lowered_and_raised_processors(blueprint_file: Path, prepared: Path) -> None:
    raised, lowered = (fits("portable", variables, blueprint_file, prepared) for variables in (RAISED, LOWERED))
    assert raised == lowered
    # Or nothing would have been compared: native ones are what the environment makes of them.
    native = fits("native", LOWERED, blueprint_file, prepared)
    assert all(native[name] != md5 for name, md5 in lowered.items())


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="no compiler")
def test_so_are_those_through_a_compiler(blueprint_file: Path, prepared: Path, tmp_path: Path) -> None:
    raised, lowered = (
        fits("portable", variables, blueprint_file, prepared, tmp_path / str(number))
        for number, variables in enumerate((RAISED, LOWERED))
    )
    assert raised == lowered
