"""What holds for the tests of evaluation."""

import pytest
import torch


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Tiny models gain nothing from threads, and the tests of other processes lose by them."""
    torch.set_num_threads(1)
