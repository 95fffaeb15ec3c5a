"""The recall task and the window that its gradients pass through."""

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from timeshare.core.seeding import numpy_generator
from timeshare.questions.truncation.settings import MemorySettings
from timeshare.questions.truncation.study import build, draw, region_of, trained_lengths

SETTINGS = MemorySettings(study="memory")


def test_the_first_symbol_is_the_class() -> None:
    tokens, labels = draw(numpy_generator(0), count=100, length=7, symbols=4)
    assert tokens.shape == (100, 7)
    assert (tokens[:, 0] - 2 == labels).all()
    assert set(tokens.unique().tolist()) == {2, 3, 4, 5}


def gradient_steps(window: int | None, length: int) -> list[int]:
    """The steps whose input the loss has a gradient for."""
    classifier = build(SETTINGS, window, seed=0).train()
    embedded: list[Tensor] = []

    def keep(module: torch.nn.Module, arguments: object, output: Tensor) -> None:
        output.retain_grad()
        embedded.append(output)

    classifier.encoder.embedding.register_forward_hook(keep)  # type: ignore[union-attr]
    tokens, labels = draw(numpy_generator(0), count=8, length=length, symbols=4)
    logits = classifier(tokens, torch.full((8,), length))
    torch.nn.functional.cross_entropy(logits, labels).backward()
    gradient = embedded[0].grad
    assert gradient is not None
    return gradient.abs().amax(dim=(0, 2)).nonzero().flatten().tolist()


@pytest.mark.parametrize(
    ("window", "length", "steps"),
    [(None, 7, [0, 1, 2, 3, 4, 5, 6]), (3, 7, [6]), (3, 6, [3, 4, 5]), (3, 3, [0, 1, 2]), (1, 2, [1])],
)
def test_no_gradient_crosses_the_window(window: int | None, length: int, steps: list[int]) -> None:
    assert gradient_steps(window, length) == steps


def test_regions_at_their_edges() -> None:
    assert [region_of(length, 5, 10) for length in (5, 6, 10, 11)] == ["within", "trained", "trained", "beyond"]
    assert [region_of(length, None, 10) for length in (1, 10, 11)] == ["within", "within", "beyond"]


def test_long_sequences_are_longer_than_every_window() -> None:
    shortest, longest = trained_lengths("long", SETTINGS)
    assert all(window < shortest <= longest for window in SETTINGS.windows if window is not None)
    assert trained_lengths("mixed", SETTINGS) == (1, longest)
    with pytest.raises(ValidationError, match="every window < shortest"):
        MemorySettings(study="memory", windows=(6,), shortest=6)
