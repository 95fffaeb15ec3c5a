"""A fit is reproducible, resumable and guided by validation alone."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from timeshare.core.batch import Batch
from timeshare.core.config import UserError
from timeshare.core.config.settings import TrainerSettings, TrainSettings
from timeshare.core.prepared.store import PreparedData
from timeshare.nn.saved import Blueprint, load_classifier, save_classifier
from timeshare.train import callbacks, module
from timeshare.train.datamodule import PreparedDataModule
from timeshare.train.fit import Fitted, fit
from timeshare.train.module import ClassifierModule


def run(blueprint: Blueprint, prepared: Path, folder: Path, **settings: Any) -> Fitted:
    publish = settings.pop("publish", lambda epoch, figures: None)
    precision = settings.pop("precision", "32-true")
    publish_batches = settings.pop("publish_batches", None)
    publish_losses = settings.pop("publish_losses", lambda losses: None)
    return fit(
        blueprint,
        prepared,
        train=TrainSettings(**{"max_epochs": 4, "patience": 4, "batch_size": 16, "learning_rate": 0.01, **settings}),
        trainer=TrainerSettings(accelerator="cpu", threads=1, precision=precision),
        seed=3,
        checkpoints=folder,
        publish=publish,
        publish_batches=publish_batches,
        publish_losses=publish_losses,
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


@pytest.mark.parametrize("seconds", [0.0, 1e9], ids=["each as it comes", "an epoch's together"])
@pytest.mark.parametrize("points", [1, 3, 1000])
def test_the_losses_within_an_epoch_are_those_of_its_steps(
    blueprint: Blueprint,
    prepared: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    points: int,
    seconds: float,
) -> None:
    monkeypatch.setattr(callbacks, "_POINTS", points)
    monkeypatch.setattr(callbacks, "_HAND_ON_SECONDS", seconds)
    steps: list[tuple[float, int]] = []
    sums = module._step_sums

    def spy(batch: Batch, logits: Tensor, losses: Tensor) -> Tensor:
        if logits.requires_grad:
            steps.append((float((losses.detach() * batch.real).sum()), int(batch.real.sum())))
        return sums(batch, logits, losses)

    monkeypatch.setattr(module, "_step_sums", spy)
    handed: list[Mapping[int, float]] = []
    curves = run(blueprint, prepared, tmp_path, max_epochs=2, publish_losses=handed.append).curves
    an_epoch = len(steps) // 2
    assert an_epoch > 3
    width = math.ceil(an_epoch / points)
    expected = {}
    for epoch in range(2):
        for first in range(0, an_epoch, width):
            some = steps[epoch * an_epoch :][first : min(first + width, an_epoch)]
            last = epoch * an_epoch + first + len(some) - 1
            expected[last] = sum(loss for loss, _ in some) / sum(rows for _, rows in some)
    flat = [item for losses in handed for item in losses.items()]
    assert [step for step, _ in flat] == list(expected)
    assert dict(flat) == pytest.approx(expected)
    assert len(flat) <= 2 * points
    assert len(handed) == (len(flat) if seconds == 0 else 2)
    if points == 1:
        assert [loss for _, loss in flat] == pytest.approx([row["train_loss"] for row in curves])


@pytest.mark.parametrize("select", ["valid_accuracy", "valid_loss"])
def test_the_weights_are_those_of_the_best_epoch(
    blueprint: Blueprint, prepared: Path, tmp_path: Path, select: Any
) -> None:
    fitted = run(blueprint, prepared, tmp_path, learning_rate=0.3, max_epochs=6, patience=6, select=select)
    assert len(fitted.curves) == 6
    sign = 1 if select == "valid_accuracy" else -1
    assert sign * fitted.curves[fitted.best_epoch][select] == max(sign * row[select] for row in fitted.curves)


def test_a_fit_stops_when_validation_gets_no_better(blueprint: Blueprint, prepared: Path, tmp_path: Path) -> None:
    fitted = run(blueprint, prepared, tmp_path, learning_rate=0.3, max_epochs=50, patience=2)
    assert len(fitted.curves) == fitted.best_epoch + 1 + 2 < 50


@pytest.mark.parametrize("precision", ["64-true", "bf16-mixed"])
def test_other_precisions_learn_the_same_within_their_rounding(
    blueprint: Blueprint, prepared: Path, tmp_path: Path, precision: str
) -> None:
    blueprint = replace(blueprint, settings=blueprint.settings.model_copy(update={"dropout": 0.0}))
    single = run(blueprint, prepared, tmp_path / "32-true", max_epochs=2)
    other = run(blueprint, prepared, tmp_path / precision, max_epochs=2, precision=precision)
    for one, two in zip(single.curves, other.curves, strict=True):
        assert two["train_loss"] == pytest.approx(one["train_loss"], abs=0.02)
    pairs = zip(single.classifier.state_dict().values(), other.classifier.state_dict().values(), strict=True)
    assert not all(torch.equal(one.double(), two.double()) for one, two in pairs)


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


@pytest.mark.parametrize(
    ("trainer", "variables"),
    [
        ({}, {"TORCHELASTIC_RUN_ID": "run", "RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "2"}),
        ({}, {"SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "0"}),
        (
            {"strategy": "ddp", "devices": 3},
            {"TORCHELASTIC_RUN_ID": "run", "RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "2"},
        ),
    ],
    ids=["torchrun, each alone", "srun, each alone", "torchrun, too few"],
)
def test_processes_that_are_not_what_params_ask_for_are_refused(
    blueprint: Blueprint,
    prepared: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trainer: dict[str, Any],
    variables: dict[str, str],
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=r"params.yaml: trainer: .*2"):
        fit(
            blueprint,
            prepared,
            train=TrainSettings(),
            trainer=TrainerSettings(accelerator="cpu", threads=1, **trainer),
            seed=3,
            checkpoints=tmp_path,
            publish=lambda epoch, figures: None,
        )


def test_the_batches_of_a_fit_are_described_once_as_they_are(
    blueprint: Blueprint, prepared: Path, tmp_path: Path
) -> None:
    described: list[Mapping[str, float]] = []
    run(blueprint, prepared, tmp_path, max_epochs=2, publish_batches=described.append)
    data = PreparedDataModule(prepared, TrainSettings(batch_size=16), seed=3)
    batches = list(data.train_dataloader())
    assert len(described) == 1
    figures = described[0]
    assert figures["steps"] == len(batches)
    assert figures["cells"] == sum(batch.tokens.numel() for batch in batches)
    assert figures["tokens"] == sum(int(batch.lengths.sum()) for batch in batches)
    assert figures["padding_waste"] == pytest.approx(1 - figures["tokens"] / figures["cells"])
    assert figures["distinct_lengths"] == len({batch.tokens.shape[1] for batch in batches})
    assert -1 <= figures["length_correlation"] <= 1
    assert 0 < figures["repeated_pairs"] < 1


def test_a_model_that_reads_the_padding_always_meets_the_same(
    blueprint: Blueprint, prepared: Path, tmp_path: Path
) -> None:
    meta = PreparedData.open(prepared).meta
    for mask in (True, False):
        described: list[Mapping[str, float]] = []
        settings = blueprint.settings.model_copy(update={"mask": mask})
        fitted = run(
            replace(blueprint, settings=settings),
            prepared,
            tmp_path / str(mask),
            max_epochs=1,
            batch_size=8,
            pool=2,
            publish_batches=described.append,
        )
        assert fitted.padding_waste == described[0]["padding_waste"]
        assert (described[0]["distinct_lengths"] == len(meta["bounds"])) is not mask
        assert (fitted.padding_waste == pytest.approx(meta["waste"]["bucketing"])) is not mask
