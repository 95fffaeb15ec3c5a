"""Compiles a C file of this package where a compiler is, once for each machine; everywhere else there is none.

Nothing depends on it: what it gives is a faster way to what is computed anyhow, to rounding. So whatever fails here (no
compiler, no folder to write to, or one from which nothing may be run) fails without a word.
"""

import ctypes
import hashlib
import os
import platform
import shutil
import stat
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

SWITCH = "TIMESHARE_KERNEL"  # 0 in the environment: nothing is compiled or loaded
_TYPES = {torch.float32: (), torch.float64: ("-DDOUBLE",)}
_FLAGS = ("-std=c11", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd")
_WIDE = ("-mprefer-vector-width=512",)  # of x86: gcc would use half of what AVX-512 has
_SECONDS = 60


def library_for(source: Path, like: Tensor) -> ctypes.CDLL | None:
    """The compiled file, for numbers of the type that `like` has; None where it cannot be had, or is not for `like`."""
    if os.environ.get(SWITCH) == "0" or like.device.type != "cpu" or like.dtype not in _TYPES:
        return None
    # It works on memory: what only records operations would miss it, and some kinds of tensors have none.
    recorded = torch._C._get_tracing_state() is not None or torch._C._len_torch_dispatch_stack() > 0
    if recorded or type(like.new_empty(0)) is not Tensor:
        return None
    return _library(source, _TYPES[like.dtype])


@cache
def _library(source: Path, flags: tuple[str, ...]) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(str(_built(source, flags)))
    except (OSError, RuntimeError, subprocess.SubprocessError):  # RuntimeError: there is no home
        return None


def _built(source: Path, flags: tuple[str, ...]) -> Path:
    compiler = shutil.which("cc")
    if compiler is None or os.name != "posix":
        raise FileNotFoundError("cc")
    wide = _WIDE if platform.machine() == "x86_64" else ()
    command = [compiler, *_FLAGS, *wide, *flags, "-fPIC", "-shared"]
    made_of = [*command, platform.machine(), _processor(), source.read_text(encoding="utf-8")]
    folder = _own_folder()
    target = folder / f"{source.stem}-{hashlib.sha256(repr(made_of).encode()).hexdigest()}.so"
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            made, nothing = Path(scratch) / target.name, subprocess.DEVNULL
            command += ["-o", str(made), str(source)]
            subprocess.run(command, check=True, timeout=_SECONDS, stdin=nothing, stdout=nothing, stderr=nothing)
            made.replace(target)  # whole, whoever else compiles it at this moment
    return target


def _own_folder() -> Path:
    """A folder that nobody else can write to, since what lies there is run."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    folder = (base if base.is_absolute() else Path.home() / ".cache") / "timeshare"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise PermissionError(folder)
    return folder


def _processor() -> list[str]:
    """What tells processors apart that run different code: a home may be shared by several machines."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return [platform.processor()]
    return sorted({line for line in lines if line.startswith(("model name", "flags", "Features", "CPU part"))})
