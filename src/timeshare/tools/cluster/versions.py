"""Which packages a process has, and what tells another machine's from this one's."""

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from timeshare.tools.machine import required

_ENGINE = ("dask", "distributed")


def versions() -> dict[str, str]:
    """The versions of Python, of this package, of what it requires, and of the cluster's engine."""
    names = ("timeshare", *required(), *_ENGINE)
    return {"Python": platform.python_version(), **{name: _version(name) for name in names}}


def differences(there: Mapping[str, str], here: Mapping[str, str]) -> str:
    """What differs, in one line; empty if nothing does."""
    other = (name for name in sorted({*there, *here}, key=str.lower) if there.get(name) != here.get(name))
    return "; ".join(f"{name} {there.get(name, 'none')} there, {here.get(name, 'none')} here" for name in other)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
