"""Small tensors: threads cost more than they give, most of all where tests run side by side."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from timeshare.nn.compiled import SWITCH


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def compiled_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where what is compiled in these tests stays."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
def compiling(monkeypatch: pytest.MonkeyPatch, compiled_code: Path) -> None:
    """Let layers take what can be compiled; the tests compute portably, where nothing is."""
    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(compiled_code))
