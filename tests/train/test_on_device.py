"""Training on an accelerator, as far as it shows without one: nothing waits, and half precision computes the same."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.nn.layers import NAMES
from tests.train.conftest import Fit
from tests.waits import host_never_waits
from timeshare.core.batch import Batch
from timeshare.models.saved import Blueprint
from timeshare.models.settings import (
    AnyModel,
    BagOfWordsSettings,
    ConvolutionSettings,
    FeedForwardSettings,
    RecurrentSettings,
)
from timeshare.nn.schemes import SCHEMES
from timeshare.train import callbacks
from timeshare.train.callbacks import StepLosses
from timeshare.train.module import ClassifierModule
from timeshare.train.settings import TrainSettings


def recurrent(**options: Any) -> RecurrentSettings:
    needed = {"num_sets": 2} if SCHEMES[options.get("sharing", "shared")].needs else {}
    return RecurrentSettings(**{"encoder": "lstm", "embedding_size": 4, "hidden_size": 6, **needed, **options})


MODELS: dict[str, tuple[AnyModel, dict[str, Any]]] = {
    "next tokens": (recurrent(sharing="basis"), {"next_token_weight": 0.5, "label_smoothing": 0.1}),
    "pull, truncated": (recurrent(sharing="unshared"), {"pull": 1.0, "truncate": 2}),
    "aligned to the end": (recurrent(sharing="mixture", align="end", time_input="sincos"), {}),
    "both ways": (recurrent(encoder="gru", bidirectional=True, num_layers=2, readout="attention"), {}),
    "maximum": (recurrent(sharing="hyper", readout="max", layer_norm=True, time_input="index"), {}),
    "without a mask": (recurrent(sharing="segments", mask=False, readout="mean"), {}),
    "bag_of_words": (BagOfWordsSettings(encoder="bag_of_words"), {}),
    "mean_embedding": (BagOfWordsSettings(encoder="bag_of_words", pooling="mean"), {}),
    "feed_forward": (FeedForwardSettings(encoder="feed_forward"), {}),
    "convolution": (ConvolutionSettings(encoder="convolution", shared=False), {}),
}
BATCH = Batch(
    torch.tensor([[2, 3, 2, 3], [3, 2, 0, 0]]),
    torch.tensor([4, 2]),
    torch.tensor([0, 1]),
    torch.tensor([0, 1]),
    torch.tensor([True, True]),
    2,
)


def module_of(blueprint: Blueprint, model: AnyModel, **settings: Any) -> ClassifierModule:
    next_token = settings.get("next_token_weight", 0) > 0
    built = replace(blueprint, settings=model).build(torch.Generator().manual_seed(0), next_token=next_token)
    if "truncate" in settings:
        built.truncate = settings["truncate"]
    module = ClassifierModule(built, TrainSettings(**settings), seed=0)
    module._trainer = SimpleNamespace(world_size=1)  # type: ignore[assignment]
    return module


def step(module: ClassifierModule, batch: Batch, optimizer: torch.optim.Optimizer) -> Tensor:
    """What Lightning calls for a step, but for the optimiser's own, which is torch's."""
    optimizer.zero_grad()
    loss = module.training_step(batch, 0)
    loss.backward()
    module.on_before_optimizer_step(optimizer)
    module.configure_gradient_clipping(optimizer, 1.0)
    module.pull.shrink_distances(0.1)
    return loss


@pytest.mark.parametrize(("model", "settings"), MODELS.values(), ids=MODELS)
def test_the_host_waits_for_nothing_in_a_step(blueprint: Blueprint, model: AnyModel, settings: dict[str, Any]) -> None:
    module = module_of(blueprint, model, **settings).to("meta")
    module.fused = False
    optimizer = module.configure_optimizers()
    batch = Batch(*(part.to("meta") if isinstance(part, Tensor) else part for part in BATCH))
    step(module, batch, optimizer)
    with host_never_waits():
        step(module, batch, optimizer)
        module.last_sums(2)
        module.validation_step(batch, 0)


@pytest.mark.parametrize("sharing", SCHEMES)
@pytest.mark.parametrize("cell", NAMES)
def test_bfloat16_has_the_gradients_of_float32_within_its_rounding(
    blueprint: Blueprint, cell: str, sharing: str
) -> None:
    model = recurrent(encoder=cell, sharing=sharing, dropout=0.0)
    module = module_of(blueprint, model, pull=1.0 if sharing == "unshared" else 0.0)
    # Of one class: the gradients of two would all but cancel out, and leave rounding.
    batch = BATCH._replace(labels=torch.ones(2, dtype=torch.int64))
    found = []
    for lower in (False, True):
        module.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=lower, cache_enabled=False):
            loss = module.training_step(batch, 0)
        assert loss.dtype == torch.float32
        loss.backward()
        found.append(torch.cat([parameter.grad.flatten() for parameter in module.parameters()]))
    exact, half = found
    assert half.dtype == torch.float32
    assert (half - exact).norm() < 0.02 * exact.norm()
    assert not torch.equal(half, exact)


def test_a_fit_in_bfloat16_has_the_fused_optimiser_clips_and_pulls(fitted: Fit) -> None:
    model = recurrent(sharing="unshared")
    settings = {"max_epochs": 2, "pull": 5.0, "gradient_clip": 0.1, "weight_decay": 0.1}
    single, half = fitted(model, **settings), fitted(model, precision="bf16-mixed", **settings)
    for one, other in zip(single.classifier.parameters(), half.classifier.parameters(), strict=True):
        assert other.dtype == torch.float32
        torch.testing.assert_close(other, one, atol=0.02, rtol=0)


def test_a_card_is_sent_pinned_batches_and_the_processor_the_batch_itself(
    blueprint: Blueprint, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Batch] = []
    monkeypatch.setattr(Tensor, "pin_memory", lambda tensor: tensor + 0)
    monkeypatch.setattr(
        callbacks.pl.LightningModule, "transfer_batch_to_device", lambda self, batch, *given: sent.append(batch)
    )
    module = module_of(blueprint, recurrent())
    for device in ("cuda", "cpu"):
        module.transfer_batch_to_device(BATCH, torch.device(device), 0)
    pinned, same = sent
    assert same is BATCH
    assert not any(one is other for one, other in zip(pinned[:5], BATCH[:5], strict=True))
    assert all(torch.equal(one, other) for one, other in zip(pinned[:5], BATCH[:5], strict=True))
    assert pinned.total == BATCH.total


class Late:
    """A point that comes some steps after it was sent for, or when it is waited for."""

    def __init__(self, sums: Tensor) -> None:
        self.sums, self.asked = sums, 0

    @property
    def arrived(self) -> bool:
        self.asked += 1
        return self.asked > 2

    def loss(self) -> float:
        return self.sums.item()


def test_points_of_the_loss_are_handed_on_as_they_arrive_and_all_by_the_epochs_end(
    blueprint: Blueprint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "_OnItsWay", Late)
    module = module_of(blueprint, recurrent())
    handed: list[tuple[int, float]] = []
    now: list[int] = []
    losses = StepLosses(lambda step, loss: (handed.append((step, loss)), now.append(index)))  # type: ignore[arg-type]
    trainer: Any = SimpleNamespace(num_training_batches=6, is_global_zero=True, current_epoch=1)
    monkeypatch.setattr(ClassifierModule, "last_sums", lambda self, steps: torch.tensor(float(index)))
    for index in range(6):
        losses.on_train_batch_end(trainer, module, None, None, index)
    assert handed == [(6 + index, float(index)) for index in range(6)]
    assert now == [2, 4, 5, 5, 5, 5]


def test_the_progress_bar_asks_the_device_for_nothing(blueprint: Blueprint) -> None:
    module = module_of(blueprint, recurrent())
    module.figures = {"train_loss": 0.5}
    bar = callbacks.ProgressBar()
    read: Callable[[], Any] = lambda: bar.get_metrics(SimpleNamespace(), module)  # type: ignore[arg-type]  # noqa: E731
    assert read() == {"train_loss": 0.5}
