"""Which packages a process has, and what tells another machine's from this one's."""

import platform
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, requires, version

_ENGINE = ("dask", "distributed")


def versions() -> dict[str, str]:
    """The versions of Python, of this package, of what it requires, and of the cluster's engine."""
    required = (requirement for requirement in requires("timeshare") or () if "extra ==" not in requirement)
    names = [re.split(r"[^\w.-]", requirement, maxsplit=1)[0] for requirement in required]
    return {"Python": platform.python_version(), **{name: _version(name) for name in ("timeshare", *names, *_ENGINE)}}


def differences(there: Mapping[str, str], here: Mapping[str, str]) -> str:
    """What differs, in one line; empty if nothing does."""
    other = (name for name in sorted({*there, *here}, key=str.lower) if there.get(name) != here.get(name))
    return "; ".join(f"{name} {there.get(name, 'none')} there, {here.get(name, 'none')} here" for name in other)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
