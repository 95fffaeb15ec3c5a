"""The loss counts real examples, once each, and weight decay has the right sign."""

from types import SimpleNamespace

import pytest
import torch

from timeshare.core.batch import Batch
from timeshare.core.config.errors import UserError
from timeshare.models.saved import Blueprint
from timeshare.train.module import ClassifierModule
from timeshare.train.settings import TrainSettings


@pytest.fixture
def module(blueprint: Blueprint) -> ClassifierModule:
    classifier = blueprint.build(torch.Generator().manual_seed(0)).eval()
    module = ClassifierModule(classifier, TrainSettings(), seed=0)
    module._trainer = SimpleNamespace(world_size=1)  # type: ignore[assignment]
    return module


def batch(real: list[bool], total: int) -> Batch:
    count = len(real)
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(2, 4, (count, 5), generator=generator)
    lengths = torch.tensor([5, 4, 3, 5, 2, 1][:count])
    tokens[torch.arange(5) >= lengths[:, None]] = 0
    return Batch(tokens, lengths, torch.arange(count) % 2, torch.arange(count), torch.tensor(real), total)


def test_rows_that_only_fill_up_count_neither_in_loss_nor_figures(module: ClassifierModule) -> None:
    whole = batch([True] * 4, 4)
    filled = batch([True] * 4 + [False] * 2, 4)
    assert torch.allclose(module.training_step(whole, 0), module.training_step(filled, 0))
    loss, correct, rows, tokens = torch.stack(module._train_steps).sum(0).tolist()
    assert (rows, tokens) == (8, 2 * (5 + 4 + 3 + 5))
    assert loss == pytest.approx(8 * module.training_step(whole, 0).item())
    assert 0 <= correct <= 8


def test_the_shares_of_two_processes_average_to_the_whole_steps_gradient(module: ClassifierModule) -> None:
    def gradient(share: Batch) -> torch.Tensor:
        module.zero_grad()
        module.training_step(share, 0).backward()
        return torch.cat([parameter.grad.flatten() for parameter in module.classifier.parameters()])

    whole = batch([True] * 5, 5)
    expected = gradient(whole)
    module._trainer.world_size = 2  # type: ignore[misc]
    parts = [
        Batch(*(field[rows] for field in whole[:4]), real=torch.tensor(real), total=5)
        for rows, real in (([0, 2, 4], [True] * 3), ([1, 3, 0], [True, True, False]))
    ]
    assert torch.allclose(sum(gradient(part) for part in parts) / 2, expected, atol=1e-7)


def test_weight_decay_shrinks_weights_that_get_no_gradient(blueprint: Blueprint) -> None:
    module = ClassifierModule(blueprint.build(torch.Generator().manual_seed(0)), TrainSettings(weight_decay=0.5), 0)
    optimizer = module.configure_optimizers()
    before = [parameter.detach().clone() for parameter in module.classifier.parameters()]
    for parameter in module.classifier.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for old, new in zip(before, module.classifier.parameters(), strict=True):
        assert torch.allclose(new, old * (1 - 0.003 * 0.5))


def test_processes_of_different_seeds_make_no_model_together(module: ClassifierModule) -> None:
    module._trainer = SimpleNamespace(strategy=SimpleNamespace(broadcast=lambda seed: 7))  # type: ignore[assignment]
    with pytest.raises(UserError, match=r"^the first process trains seed 7, and this one seed 0;"):
        module.on_fit_start()
