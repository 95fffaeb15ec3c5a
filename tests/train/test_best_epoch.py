"""Which epoch's weights a fit keeps, and when it stops."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from timeshare.train.callbacks import BestEpoch
from timeshare.train.module import ClassifierModule
from timeshare.train.settings import TrainSettings

# (validation accuracy, validation loss) of each epoch: the loss rises from the second on while accuracy still does.
EPOCHS = [(0.6, 0.7), (0.7, 0.5), (0.8, 0.6), (0.8, 0.55), (0.75, 0.9), (0.79, 1.2), (0.7, 1.5)]


def fit(best: BestEpoch, epochs: list[tuple[float, float]], first: int = 0) -> int:
    """Show a callback epochs until it stops the fit; the classifier's one weight is the epoch's number.

    Returns:
        Epochs seen, those before `first` among them.
    """
    module = ClassifierModule(nn.Linear(1, 1, bias=False), TrainSettings(), seed=0)  # type: ignore[arg-type]
    trainer: Any = SimpleNamespace(should_stop=False, current_epoch=first, callback_metrics={})
    best.on_train_start(trainer, module)
    while not trainer.should_stop and trainer.current_epoch < len(epochs):
        accuracy, loss = epochs[trainer.current_epoch]
        trainer.callback_metrics = {"valid_accuracy": torch.tensor(accuracy), "valid_loss": torch.tensor(loss)}
        nn.init.constant_(module.classifier.weight, trainer.current_epoch)
        best.on_validation_end(trainer, module)
        trainer.current_epoch += 1
    return int(trainer.current_epoch)


@pytest.mark.parametrize(("select", "best_epoch"), [("valid_accuracy", 3), ("valid_loss", 1)])
def test_the_best_epoch_is_the_best_by_what_is_selected(select: Any, best_epoch: int) -> None:
    best = BestEpoch(select, patience=len(EPOCHS))
    assert fit(best, EPOCHS) == len(EPOCHS)
    assert best.epoch == best_epoch
    assert best.weights["weight"].item() == best_epoch


@pytest.mark.parametrize("select", ["valid_accuracy", "valid_loss"])
def test_of_epochs_with_the_same_figures_the_first_is_the_best(select: Any) -> None:
    best = BestEpoch(select, patience=9)
    fit(best, [(0.5, 0.7), (0.6, 0.6), (0.6, 0.6)])
    assert best.epoch == 1


@pytest.mark.parametrize(("select", "seen"), [("valid_accuracy", 3 + 1 + 2), ("valid_loss", 1 + 1 + 2)])
def test_a_fit_stops_after_as_many_epochs_without_a_better_one(select: Any, seen: int) -> None:
    assert fit(BestEpoch(select, patience=2), EPOCHS) == seen


def test_a_fit_stops_at_the_loss_that_is_good_enough() -> None:
    assert fit(BestEpoch("valid_accuracy", patience=9, stop_at_loss=0.58), EPOCHS) == 2


def test_accuracy_that_cannot_rise_leaves_the_choice_to_the_loss() -> None:
    best = BestEpoch("valid_accuracy", patience=2)
    fit(best, [(1.0, 0.3), (1.0, 0.2), (1.0, 0.1), (1.0, 0.15)])
    assert best.epoch == 2


@pytest.mark.parametrize("killed_after", range(1, 7))
def test_a_fit_that_goes_on_from_a_checkpoint_ends_as_if_it_had_not_been_killed(killed_after: int) -> None:
    whole, before, after = (BestEpoch("valid_accuracy", patience=2) for _ in range(3))
    fit(before, EPOCHS[:killed_after])
    after.load_state_dict(before.state_dict())
    assert fit(after, EPOCHS, first=killed_after) == fit(whole, EPOCHS)
    assert after.epoch == whole.epoch
    assert torch.equal(after.weights["weight"], whole.weights["weight"])
