"""How a process computes: what it settles before torch and NumPy are there, and what that comes to in them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from timeshare.core import arithmetic
from timeshare.core.arithmetic import PORTABLE, portable_variables, processor, settle
from timeshare.core.config.errors import UserError

ROOT = Path(__file__).parents[2]
needs_avx2 = pytest.mark.skipif(not portable_variables(), reason="no processor of x86-64 with AVX2")
CPUINFO = """processor\t: 0
model name\t: Some Processor @ 3.10GHz
flags\t\t: fpu sse2 {}

processor\t: 1
"""
# The kernels that each library has chosen, in its own words.
EFFECTIVE = """
import ctypes, sys
from pathlib import Path
from timeshare.core.arithmetic import settle
settle(sys.argv[1])
import numpy, threadpoolctl, torch
from numpy._core._multiarray_umath import __cpu_features__ as features
from torch._inductor import config, cpu_vec_isa
torch.nn.LSTM(4, 4)(torch.ones(3, 2, 4))  # oneDNN says what it is when it is first used
library = ctypes.CDLL(str(Path(torch.__file__).parent / "lib/libtorch_cpu.so"))
print("torch", torch.backends.cpu.get_cpu_capability())
print("MKL", library.mkl_serv_cbwr_get(-1))
print("NumPy", sorted(name for name in ("X86_V3", "X86_V4", "AVX512_ICL", "AVX512_SPR") if features[name]))
blas = [found for found in threadpoolctl.threadpool_info() if found["user_api"] == "blas"]
print("OpenBLAS", {(found["architecture"], found["num_threads"]) for found in blas})
print("compiler", config.cpp.march)
"""
MKL_COMPATIBLE = 3


def effective(chosen: str, **variables: str) -> dict[str, str]:
    """What the libraries of a fresh process compute by, where its environment says this."""
    inherited = {name: value for name, value in os.environ.items() if name not in PORTABLE}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", EFFECTIVE, chosen],
        env=inherited | variables | {"ONEDNN_VERBOSE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    said = dict(re.findall(r"^(torch|MKL|NumPy|OpenBLAS|compiler) (.*)$", done.stdout, re.MULTILINE))
    return said | dict(re.findall(r"onednn_verbose.*,info,cpu,(isa):(.*)", done.stdout))


@needs_avx2
@pytest.mark.integration
def test_every_library_computes_portably_whatever_the_environment_said() -> None:
    raised = {
        "ATEN_CPU_CAPABILITY": "avx512",
        "MKL_CBWR": "AVX512",
        "ONEDNN_MAX_CPU_ISA": "ALL",
        "OPENBLAS_CORETYPE": "Nehalem",
        "OPENBLAS_NUM_THREADS": "2",
        "TORCHINDUCTOR_CPP_MARCH": "native",
    }
    assert effective("portable", **raised) == {
        "torch": "AVX2",
        "MKL": str(MKL_COMPATIBLE),
        "isa": "Intel AVX2",
        "NumPy": "['X86_V3']",
        "OpenBLAS": "{('Haswell', 1)}",
        "compiler": "x86-64-v3",
    }


@needs_avx2
@pytest.mark.integration
def test_native_leaves_the_environment_as_it_is() -> None:
    lowered = {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "SSE4_2", "OPENBLAS_CORETYPE": "Nehalem"}
    said = effective("native", **lowered, OPENBLAS_NUM_THREADS="2")
    assert (said["torch"], said["OpenBLAS"], said["compiler"]) == ("DEFAULT", "{('Nehalem', 2)}", "None")
    assert said["MKL"] != str(MKL_COMPATIBLE)


@needs_avx2
def test_what_torch_has_chosen_already_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", sys)
    settle("portable")  # as the tests were started
    monkeypatch.delenv("MKL_CBWR")
    settle("native")
    with pytest.raises(UserError, match=r"^trainer\.arithmetic: portable cannot be had any more, since torch"):
        settle("portable")
    assert "MKL_CBWR" not in os.environ


@pytest.mark.parametrize(
    ("machine", "flags", "able"),
    [("x86_64", "avx2 fma", True), ("x86_64", "avx fma", False), ("aarch64", "avx2 fma", False)],
    ids=["AVX2", "AVX alone", "another kind"],
)
def test_nothing_is_settled_on_processors_without_avx2(
    monkeypatch: pytest.MonkeyPatch, machine: str, flags: str, able: bool
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr(arithmetic, "processor", lambda: ("some", frozenset(flags.split())))
    assert portable_variables() == (PORTABLE if able else {})
    if not able:
        monkeypatch.delenv("MKL_CBWR", raising=False)
        settle("portable")
        assert "MKL_CBWR" not in os.environ


def test_the_processor_is_what_the_kernel_says_of_the_first_core(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(CPUINFO.format("avx avx2 fma"))
    assert processor(path) == ("Some Processor @ 3.10GHz", {"fpu", "sse2", "avx", "avx2", "fma"})
    assert processor(tmp_path / "missing")[1] == frozenset()


def test_no_result_begins_with_an_approximate_instruction() -> None:
    """MKL computes these from rcpps and rsqrtps, whose last bits are each maker's own, even where it is portable."""
    vectors = re.compile(r"torch\.(sqrt|log10|atan|cdist)\b|\)\.(sqrt|log10|atan)\(|\*\* ?0?\.5\b")
    found = {
        f"{path.name}: {match[0]}"
        for path in (ROOT / "src").rglob("*.py")
        for match in vectors.finditer(path.read_text(encoding="utf-8"))
    }
    assert found <= {"graphs.py: ** 0.5"}  # of one number, by Python
