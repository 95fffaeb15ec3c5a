"""Which epoch's weights a fit keeps, and when it stops."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from timeshare.models.classifier import SequenceClassifier
from timeshare.models.encoder import Encoder
from timeshare.train.callbacks import BestEpoch
from timeshare.train.module import ClassifierModule
from timeshare.train.settings import TrainSettings

# (validation accuracy, validation loss) of each epoch: the loss rises from the second on while accuracy still does.
STEPS = 10  # of an epoch
EPOCHS = [(0.6, 0.7), (0.7, 0.5), (0.8, 0.6), (0.8, 0.55), (0.75, 0.9), (0.79, 1.2), (0.7, 1.5)]


def fit(best: BestEpoch, epochs: list[tuple[float, float]], first: int = 0) -> int:
    """Show a callback epochs until it stops the fit; the classifier's one weight is the epoch's number.

    Returns:
        Epochs seen, those before `first` among them.
    """
    classifier = SequenceClassifier(Encoder(1), nn.Linear(1, 1, bias=False))
    module = ClassifierModule(classifier, TrainSettings(), seed=0)
    loop = SimpleNamespace(max_epochs=-1)  # where Lightning looks for the end
    trainer: Any = SimpleNamespace(
        should_stop=False, current_epoch=first, callback_metrics={}, fit_loop=loop, num_training_batches=STEPS
    )
    best.on_train_start(trainer, module)
    while not trainer.should_stop and trainer.current_epoch < min(len(epochs), loop.max_epochs):
        accuracy, loss = epochs[trainer.current_epoch]
        trainer.callback_metrics = {"valid_accuracy": torch.tensor(accuracy), "valid_loss": torch.tensor(loss)}
        nn.init.constant_(classifier.read_out.weight, trainer.current_epoch)
        best.on_validation_end(trainer, module)
        trainer.current_epoch += 1
    return int(trainer.current_epoch)


@pytest.mark.parametrize(("select", "best_epoch"), [("valid_accuracy", 3), ("valid_loss", 1)])
def test_the_best_epoch_is_the_best_by_what_is_selected(select: Any, best_epoch: int) -> None:
    best = BestEpoch(TrainSettings(select=select, patience=len(EPOCHS)))
    assert fit(best, EPOCHS) == len(EPOCHS)
    assert best.epoch == best_epoch
    assert best.weights["read_out.weight"].item() == best_epoch


@pytest.mark.parametrize("select", ["valid_accuracy", "valid_loss"])
def test_of_epochs_with_the_same_figures_the_first_is_the_best(select: Any) -> None:
    best = BestEpoch(TrainSettings(select=select, patience=9))
    fit(best, [(0.5, 0.7), (0.6, 0.6), (0.6, 0.6)])
    assert best.epoch == 1


@pytest.mark.parametrize("stop", [None, "valid_accuracy", "valid_loss"])
@pytest.mark.parametrize("select", ["valid_accuracy", "valid_loss"])
def test_a_fit_stops_after_as_many_epochs_without_a_better_one(select: Any, stop: Any) -> None:
    best = BestEpoch(TrainSettings(select=select, stop=stop, patience=2))
    last_that_was_better = {"valid_accuracy": 3, "valid_loss": 1}
    assert fit(best, EPOCHS) == last_that_was_better[stop or select] + 1 + 2
    # Whatever stops the fit, of the epochs seen the best by `select` is kept.
    assert best.epoch == last_that_was_better[select]


@pytest.mark.parametrize(("patience_steps", "epochs"), [(0, 2), (2 * STEPS, 2), (2 * STEPS + 1, 3), (3 * STEPS, 3)])
def test_patience_lasts_for_its_epochs_and_for_its_steps(patience_steps: int, epochs: int) -> None:
    best = BestEpoch(TrainSettings(select="valid_loss", patience=2, patience_steps=patience_steps))
    assert fit(best, EPOCHS) == 1 + 1 + epochs


@pytest.mark.parametrize(
    ("budget", "epochs"),
    [
        ({"max_epochs": 3}, 3),
        ({"max_epochs": 3, "max_steps": 1}, 3),
        ({"max_steps": 1}, 1),
        ({"max_steps": 2 * STEPS}, 2),
        ({"max_steps": 2 * STEPS + 1}, 3),
    ],
)
def test_the_budget_is_in_epochs_or_else_in_steps(budget: dict[str, int], epochs: int) -> None:
    assert fit(BestEpoch(TrainSettings(patience=9, **budget)), EPOCHS) == epochs


def test_a_fit_stops_at_the_loss_that_is_good_enough() -> None:
    assert fit(BestEpoch(TrainSettings(patience=9, stop_at_loss=0.58)), EPOCHS) == 2


def test_accuracy_that_cannot_rise_leaves_the_choice_to_the_loss() -> None:
    best = BestEpoch(TrainSettings(patience=2))
    fit(best, [(1.0, 0.3), (1.0, 0.2), (1.0, 0.1), (1.0, 0.15)])
    assert best.epoch == 2


@pytest.mark.parametrize("killed_after", range(1, 4))
def test_a_fit_that_goes_on_from_a_checkpoint_ends_as_if_it_had_not_been_killed(killed_after: int) -> None:
    whole, before, after = (BestEpoch(TrainSettings(patience=2, stop="valid_loss")) for _ in range(3))
    fit(before, EPOCHS[:killed_after])
    after.load_state_dict(before.state_dict())
    assert fit(after, EPOCHS, first=killed_after) == fit(whole, EPOCHS)
    assert after.epoch == whole.epoch
    assert torch.equal(after.weights["read_out.weight"], whole.weights["read_out.weight"])
