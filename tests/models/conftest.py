"""Modules of this folder can be imported as those of a user's project."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
