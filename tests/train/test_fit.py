"""A fit is reproducible, resumable and guided by validation alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from timeshare.config import UserError
from timeshare.config.settings import TrainerSettings, TrainSettings
from timeshare.nn.saved import Blueprint, load_classifier, save_classifier
from timeshare.train.fit import Fitted, fit
from timeshare.train.module import ClassifierModule


def run(blueprint: Blueprint, prepared: Path, folder: Path, **settings: Any) -> Fitted:
    publish = settings.pop("publish", lambda epoch, figures: None)
    return fit(
        blueprint,
        prepared,
        train=TrainSettings(**{"max_epochs": 4, "patience": 4, "batch_size": 16, "learning_rate": 0.01, **settings}),
        trainer=TrainerSettings(accelerator="cpu", threads=1),
        seed=3,
        checkpoints=folder,
        publish=publish,
    )


def test_equal_inputs_give_equal_weights_and_curves(blueprint: Blueprint, prepared: Path, tmp_path: Path) -> None:
    first, second = (run(blueprint, prepared, tmp_path / name) for name in "ab")
    assert first.curves == second.curves
    assert len(first.curves) == 4
    for name, weights in first.classifier.state_dict().items():
        assert torch.equal(weights, second.classifier.state_dict()[name])


class _Stop(Exception):
    """The fit is broken off."""


@pytest.mark.parametrize("epochs_before", [1, 3])
def test_a_fit_broken_off_goes_on_as_if_it_had_not_been(
    blueprint: Blueprint, prepared: Path, tmp_path: Path, epochs_before: int
) -> None:
    whole = run(blueprint, prepared, tmp_path / "whole")
    seen: list[int] = []

    def break_off(epoch: int, figures: Mapping[str, float]) -> None:
        seen.append(epoch)
        if len(seen) == epochs_before + 1:
            raise _Stop

    with pytest.raises(_Stop):
        run(blueprint, prepared, tmp_path / "broken", publish=break_off)
    resumed = run(blueprint, prepared, tmp_path / "broken", publish=lambda epoch, figures: seen.append(epoch))
    # The epoch in which it was broken off is trained again, those before it are not.
    assert seen == [*range(epochs_before + 1), *range(epochs_before, 4)]
    assert resumed.curves == whole.curves
    assert resumed.best_epoch == whole.best_epoch
    for name, weights in whole.classifier.state_dict().items():
        assert torch.equal(weights, resumed.classifier.state_dict()[name])


def test_the_best_epoch_is_the_one_with_the_lowest_validation_loss(
    blueprint: Blueprint, prepared: Path, tmp_path: Path
) -> None:
    fitted = run(blueprint, prepared, tmp_path, learning_rate=0.3, max_epochs=6, patience=6)
    losses = [row["valid_loss"] for row in fitted.curves]
    assert len(losses) == 6
    assert fitted.best_epoch == losses.index(min(losses))


def test_early_stopping_waits_for_validation_to_get_better(
    blueprint: Blueprint, prepared: Path, tmp_path: Path
) -> None:
    fitted = run(blueprint, prepared, tmp_path, learning_rate=0.3, max_epochs=50, patience=2)
    losses = [row["valid_loss"] for row in fitted.curves]
    assert len(losses) < 50
    assert len(losses) == losses.index(min(losses)) + 1 + 2


def test_a_fit_stops_at_the_loss_that_is_good_enough(blueprint: Blueprint, prepared: Path, tmp_path: Path) -> None:
    assert len(run(blueprint, prepared, tmp_path, stop_at_loss=100.0).curves) == 1


def test_a_loss_that_is_no_number_is_one_clear_line(
    blueprint: Blueprint, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = ClassifierModule.training_step
    monkeypatch.setattr(ClassifierModule, "training_step", lambda *given: step(*given) * float("nan"))
    with pytest.raises(UserError, match=r"training went astray: validation loss is nan .* lower train.learning_rate"):
        run(blueprint, prepared, tmp_path)


def test_a_saved_model_gives_the_same_logits_when_read_back(
    blueprint: Blueprint, prepared: Path, tmp_path: Path
) -> None:
    classifier = run(blueprint, prepared, tmp_path / "fit", max_epochs=1).classifier.eval()
    (tmp_path / "saved").mkdir()
    save_classifier(tmp_path / "saved", blueprint, classifier)
    read, again = load_classifier(tmp_path / "saved")
    assert read == blueprint
    tokens, lengths = torch.randint(2, 4, (5, 7)), torch.tensor([7, 1, 3, 7, 2])
    assert torch.equal(classifier(tokens, lengths), again(tokens, lengths))


@pytest.mark.parametrize("name", ["model.json", "model.safetensors"])
@pytest.mark.parametrize("damage", ["missing", "truncated", "other"])
def test_a_damaged_model_is_refused_by_name(blueprint: Blueprint, tmp_path: Path, name: str, damage: str) -> None:
    save_classifier(tmp_path, blueprint, blueprint.build(torch.Generator().manual_seed(0)))
    path = tmp_path / name
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    else:
        path.write_bytes(content.replace(b'"hidden_size": 6', b'"hidden_size": 7').replace(b"embedding", b"embellish"))
    with pytest.raises(UserError, match=rf"{'model' if damage == 'other' else name}.*dvc repro"):
        load_classifier(tmp_path)
