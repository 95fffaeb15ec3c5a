"""A fit is reproducible, resumable and guided by validation alone."""

import math
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.train.conftest import Fit
from timeshare.core.batch import Batch
from timeshare.core.config import UserError
from timeshare.core.prepared.store import PreparedData
from timeshare.models.saved import Blueprint, load_classifier, save_classifier
from timeshare.train import callbacks, module
from timeshare.train.loaders import train_and_valid
from timeshare.train.module import ClassifierModule
from timeshare.train.settings import TrainSettings


def test_equal_inputs_give_equal_weights_and_curves(fitted: Fit) -> None:
    first, second = fitted(), fitted()
    assert first.curves == second.curves
    assert len(first.curves) == 4
    for name, weights in first.classifier.state_dict().items():
        assert torch.equal(weights, second.classifier.state_dict()[name])


class _Stop(Exception):
    """The fit is broken off."""


@pytest.mark.parametrize(("epochs_before", "schedule"), [(1, "constant"), (3, "cosine")])
def test_a_fit_broken_off_goes_on_as_if_it_had_not_been(
    fitted: Fit, tmp_path: Path, epochs_before: int, schedule: str
) -> None:
    whole = fitted(schedule=schedule, warmup_steps=7)
    seen: list[int] = []

    def break_off(epoch: int, figures: Mapping[str, float]) -> None:
        seen.append(epoch)
        if len(seen) == epochs_before + 1:
            raise _Stop

    with pytest.raises(_Stop):
        fitted(schedule=schedule, warmup_steps=7, checkpoints=tmp_path / "broken", publish=break_off)
    resumed = fitted(
        schedule=schedule,
        warmup_steps=7,
        checkpoints=tmp_path / "broken",
        publish=lambda epoch, figures: seen.append(epoch),
    )
    # The epoch in which it was broken off is trained again, those before it are not.
    assert seen == [*range(epochs_before + 1), *range(epochs_before, 4)]
    assert resumed.curves == whole.curves
    assert resumed.best_epoch == whole.best_epoch
    for name, weights in whole.classifier.state_dict().items():
        assert torch.equal(weights, resumed.classifier.state_dict()[name])


@pytest.mark.parametrize("points", [1, 3, 1000])
def test_the_losses_within_an_epoch_are_those_of_its_steps(
    fitted: Fit, monkeypatch: pytest.MonkeyPatch, points: int
) -> None:
    monkeypatch.setattr(callbacks, "_POINTS", points)
    steps: list[tuple[float, int]] = []
    sums = module._step_sums

    def spy(batch: Batch, logits: Tensor, losses: Tensor) -> Tensor:
        if logits.requires_grad:
            steps.append((float((losses.detach() * batch.real).sum()), int(batch.real.sum())))
        return sums(batch, logits, losses)

    monkeypatch.setattr(module, "_step_sums", spy)
    handed: list[tuple[int, float]] = []
    curves = fitted(max_epochs=2, publish_loss=lambda *point: handed.append(point)).curves
    an_epoch = len(steps) // 2
    assert an_epoch > 3
    width = math.ceil(an_epoch / points)
    expected = {}
    for epoch in range(2):
        for first in range(0, an_epoch, width):
            some = steps[epoch * an_epoch :][first : min(first + width, an_epoch)]
            last = epoch * an_epoch + first + len(some) - 1
            expected[last] = sum(loss for loss, _ in some) / sum(rows for _, rows in some)
    assert [step for step, _ in handed] == list(expected)
    assert dict(handed) == pytest.approx(expected)
    assert len(handed) <= 2 * points
    if points == 1:
        assert [loss for _, loss in handed] == pytest.approx([row["train_loss"] for row in curves])


@pytest.mark.parametrize("select", ["valid_accuracy", "valid_loss"])
def test_the_weights_are_those_of_the_best_epoch(fitted: Fit, select: Any) -> None:
    made = fitted(learning_rate=0.3, max_epochs=6, patience=6, select=select)
    assert len(made.curves) == 6
    sign = 1 if select == "valid_accuracy" else -1
    assert sign * made.curves[made.best_epoch][select] == max(sign * row[select] for row in made.curves)


def test_a_fit_stops_when_validation_gets_no_better(fitted: Fit) -> None:
    made = fitted(learning_rate=0.3, max_epochs=50, patience=2)
    assert len(made.curves) == made.best_epoch + 1 + 2 < 50


@pytest.mark.parametrize("precision", ["64-true", "bf16-mixed"])
def test_other_precisions_learn_the_same_within_their_rounding(
    fitted: Fit, blueprint: Blueprint, precision: str
) -> None:
    model = blueprint.settings.model_copy(update={"dropout": 0.0})
    single, other = fitted(model, max_epochs=2), fitted(model, max_epochs=2, precision=precision)
    for one, two in zip(single.curves, other.curves, strict=True):
        assert two["train_loss"] == pytest.approx(one["train_loss"], abs=0.02)
    pairs = zip(single.classifier.state_dict().values(), other.classifier.state_dict().values(), strict=True)
    assert not all(torch.equal(one.double(), two.double()) for one, two in pairs)


def test_a_loss_that_is_no_number_is_one_clear_line(fitted: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    step = ClassifierModule.training_step
    monkeypatch.setattr(ClassifierModule, "training_step", lambda *given: step(*given) * float("nan"))
    with pytest.raises(
        UserError, match=r"training went astray: validation loss is nan .* lower training.learning_rate"
    ):
        fitted()


def test_a_saved_model_gives_the_same_logits_when_read_back(fitted: Fit, blueprint: Blueprint, tmp_path: Path) -> None:
    classifier = fitted(max_epochs=1).classifier.eval()
    save_classifier(tmp_path, blueprint, classifier)
    read, again = load_classifier(tmp_path)
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
    fitted: Fit, monkeypatch: pytest.MonkeyPatch, trainer: dict[str, Any], variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=r"params.yaml: trainer: .*2"):
        fitted(**trainer)


def test_checkpoints_come_at_the_end_of_an_epoch_alone(
    fitted: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also under SLURM, whose warning Lightning by itself would answer with one inside the epoch."""
    for name, value in {
        "SLURM_NTASKS": "1",
        "SLURM_JOB_NAME": "fit",
        "SLURM_PROCID": "0",
        "SLURM_LOCALID": "0",
    }.items():
        monkeypatch.setenv(name, value)
    handlers = []
    step = ClassifierModule.training_step

    def watched(*given: Any) -> Tensor:
        handlers.append(signal.getsignal(signal.SIGUSR1))
        assert not list(tmp_path.glob("fit/*")), "no epoch has ended"
        return step(*given)

    monkeypatch.setattr(ClassifierModule, "training_step", watched)
    fitted(max_epochs=1, checkpoints=tmp_path / "fit")
    assert set(handlers) == {signal.SIG_DFL}
    assert [path.name for path in tmp_path.glob("fit/*")] == ["last.ckpt"]


def test_the_batches_of_a_fit_are_described_once_as_they_are(fitted: Fit, prepared: Path) -> None:
    described: list[Mapping[str, float]] = []
    fitted(max_epochs=2, publish_batches=described.append)
    loader, _ = train_and_valid(PreparedData.open(prepared), TrainSettings(batch_size=16), seed=3)
    batches = list(loader)
    assert len(described) == 1
    figures = described[0]
    assert figures["steps"] == len(batches)
    assert figures["entries"] == sum(batch.tokens.numel() for batch in batches)
    assert figures["tokens"] == sum(int(batch.lengths.sum()) for batch in batches)
    assert figures["padding_waste"] == pytest.approx(1 - figures["tokens"] / figures["entries"])
    assert figures["distinct_lengths"] == len({batch.tokens.shape[1] for batch in batches})
    assert -1 <= figures["length_correlation"] <= 1
    assert 0 < figures["repeated_pairs"] < 1


def test_a_model_that_reads_the_padding_always_meets_the_same(
    fitted: Fit, blueprint: Blueprint, prepared: Path
) -> None:
    meta = PreparedData.open(prepared).meta
    for mask in (True, False):
        described: list[Mapping[str, float]] = []
        settings = blueprint.settings.model_copy(update={"mask": mask})
        made = fitted(settings, max_epochs=1, batch_size=8, pool=2, publish_batches=described.append)
        assert made.padding_waste == described[0]["padding_waste"]
        assert (described[0]["distinct_lengths"] == len(meta["bounds"])) is not mask
        assert (made.padding_waste == pytest.approx(meta["waste"]["bucketing"])) is not mask
