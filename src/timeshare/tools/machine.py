"""What results were computed by: the processor, and the versions that decide their bytes."""

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

from timeshare.core.arithmetic import processor

# What Linux calls the instructions, widest first.
_VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2", "avx": "AVX", "sse2": "SSE2"}


def machine(arithmetic: str) -> dict[str, Any]:
    """This machine, as reproduction.json has it.

    Args:
        arithmetic: how it was made to compute (core.arithmetic).
    """
    name, features = processor()
    vectors = next((called for feature, called in _VECTORS.items() if feature in features), platform.machine())
    return {"processor": name, "vectors": vectors, "arithmetic": arithmetic, "versions": versions()}


def versions() -> dict[str, str]:
    """Of Python, the C library and the packages that the project always needs."""
    found = {"python": platform.python_version(), "libc": " ".join(platform.libc_ver()).strip() or os.name}
    for name in required():
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # one that another Python does without
            continue
    return found


def required() -> list[str]:
    """The packages that the pipeline needs: torch, and those of the extra."""
    extra = re.compile(r"extra == .(?!pipeline\b)")
    lines = (line for line in requires("timeshare") or () if not extra.search(line))
    return [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in lines]
