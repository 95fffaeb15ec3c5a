"""How numbers are computed: alike on every x86-64 processor with AVX2, or as the one at hand does it fastest.

torch, oneDNN, MKL, OpenBLAS and NumPy choose their kernels by the processor, and kernels round differently. Each reads
a variable that takes the choice from it, once, when it is loaded or first used: so they are set before that, here.
docs/determinism.md says what each of them changes, and ADR 0013 why these values.
"""

import os
import platform
import sys
from pathlib import Path
from typing import Literal

from timeshare.core.config.errors import UserError

Arithmetic = Literal["portable", "native"]

# The kernels that every processor with AVX2 has, whoever made it.
PORTABLE = {
    "ATEN_CPU_CAPABILITY": "avx2",  # torch's own loops, and the vectors that torch.compile writes
    "MKL_CBWR": "COMPATIBLE",  # torch's matrix products; MKL takes its other branches on Intel's processors alone
    "ONEDNN_MAX_CPU_ISA": "AVX2",  # torch's LSTM and convolution
    "OPENBLAS_CORETYPE": "Haswell",  # NumPy's and SciPy's matrix products and decompositions
    "OPENBLAS_NUM_THREADS": "1",  # it would take as many as there are cores, and split its sums by them
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",  # NumPy's own loops
    "TORCHINDUCTOR_CPP_MARCH": "x86-64-v3",  # what the compiler behind torch.compile may use
    "TIMESHARE_KERNEL": "0",  # timeshare.nn's own loop, which is compiled for the processor, where a compiler is
}
_NEEDED = {"avx2", "fma"}
_CHOOSERS = ("torch", "numpy")


def settle(arithmetic: Arithmetic) -> None:
    """Settle how this process, and those that it starts, compute; call it before torch and NumPy are imported.

    Args:
        arithmetic: `native` leaves everything as it is.
    Raises:
        UserError: torch or NumPy is here already, and has chosen otherwise.
    """
    wanted = portable_variables() if arithmetic == "portable" else {}
    if all(os.environ.get(name) == value for name, value in wanted.items()):
        return
    chosen = [name for name in _CHOOSERS if name in sys.modules]
    if chosen:
        raise UserError(
            f"trainer.arithmetic: portable cannot be had any more, since {' and '.join(chosen)} came first; call "
            'timeshare.core.arithmetic.settle("portable") before the first import, or set it to native'
        )
    os.environ.update(wanted)


def portable_variables() -> dict[str, str]:
    """What the environment must hold; nothing on a processor without AVX2, or of another kind than x86-64."""
    able = platform.machine() in ("x86_64", "AMD64") and processor()[1] >= _NEEDED
    return dict(PORTABLE) if able else {}


def processor(path: Path = Path("/proc/cpuinfo")) -> tuple[str, frozenset[str]]:
    """The processor's name, and what it can do, as the kernel of Linux says it; elsewhere the name alone."""
    name, features = platform.processor() or platform.machine(), frozenset[str]()
    try:
        with path.open(encoding="ascii", errors="replace") as lines:
            for line in lines:
                key, _, value = line.partition(":")
                if key.strip() == "model name":
                    name = value.strip()
                if key.strip() == "flags":
                    features = frozenset(value.split())
                    break  # of the first core: a server has hundreds
    except OSError:
        pass
    return name, features
