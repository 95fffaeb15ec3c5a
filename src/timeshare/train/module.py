"""The Lightning module: one classifier, its loss and its figures."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from timeshare.core.batch import Batch
from timeshare.core.config.errors import UserError
from timeshare.core.seeding import derived_seed
from timeshare.models.classifier import SequenceClassifier
from timeshare.train.compiled import CompiledPass, training_pass
from timeshare.train.graphs import GraphedPass
from timeshare.train.lightning import pl
from timeshare.train.pull import Pull
from timeshare.train.settings import TrainSettings


class ClassifierModule(pl.LightningModule):
    """Trains a classifier by cross entropy, and counts loss and accuracy over real examples alone.

    Figures stay on the device, a tensor a step, and are summed and logged once an epoch: a log call at each step would
    cost more than the step, and on an accelerator the host would wait for it. They are no buffers: DDP would overwrite
    every process's with the first one's.

    Args:
        classifier: what is trained.
        settings: how.
        seed: of dropout.
        fused: the optimiser's fast form, which cannot be had in float16, where Lightning itself undoes the scaling of
            gradients before it clips them.
        graphs: what a step goes through instead of the loop; None: nothing, or what `settings.compile` makes.
    """

    def __init__(
        self,
        classifier: SequenceClassifier,
        settings: TrainSettings,
        seed: int,
        fused: bool = True,
        graphs: GraphedPass | None = None,
    ) -> None:
        super().__init__()
        self.classifier = classifier
        self.settings = settings
        self.seed = seed
        self.fused = fused
        self.fast_pass = CompiledPass(classifier) if settings.compile else graphs
        self.pull = Pull(classifier, settings.pull)
        self.figures: dict[str, float] = {}
        self._train_steps: list[Tensor] = []
        self._valid_steps: list[Tensor] = []

    def on_fit_start(self) -> None:
        """Refuse to be one of several processes that train different seeds, and would make one model of them."""
        first = self.trainer.strategy.broadcast(self.seed)
        if first != self.seed:
            raise UserError(
                f"the first process trains seed {first}, and this one seed {self.seed}; give all machines the same "
                "models (`dvc pull`), or none"
            )

    def on_train_epoch_start(self) -> None:
        """Reseed what draws from torch's global state (dropout), so that an epoch resumed equals an epoch run on."""
        torch.manual_seed(derived_seed(self.seed, "dropout", self.current_epoch, self.global_rank))
        self._train_steps = []

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        """Send a batch, without waiting until it is there; an NVIDIA card fetches it from pinned memory alone so."""
        if device.type == "cuda":
            batch = batch.pinned()
        moved: Batch = super().transfer_batch_to_device(batch, device, dataloader_idx)
        return moved

    def on_train_batch_start(self, batch: Batch, batch_index: int) -> None:
        """Set the step's learning rate: it follows from the step's number alone, so a resumed fit needs no state."""
        steps, epochs = int(self.trainer.num_training_batches), self.trainer.max_epochs or 1
        rate = self.settings.learning_rate_at(self.current_epoch * steps + batch_index, steps * epochs)
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = rate

    def training_step(self, batch: Batch, batch_index: int) -> Tensor:
        """The mean loss over the step's real examples, on all processes together."""
        run = self.fast_pass or training_pass
        logits, token_logits = run(self.classifier, batch.tokens, batch.lengths)
        losses = functional.cross_entropy(
            logits, batch.labels, reduction="none", label_smoothing=self.settings.label_smoothing
        )
        self._train_steps.append(_step_sums(batch, logits, losses))
        if token_logits is not None:
            losses = losses + self.settings.next_token_weight * _next_token_losses(batch, token_logits)
        # DDP averages the gradients of the processes: scaled so, that average is the gradient of the mean over all of
        # the step's real examples, however they are shared out.
        return (losses * batch.real).sum() * (self.trainer.world_size / batch.total)

    def on_after_backward(self) -> None:
        """Make the gradients ready to be clipped."""
        if isinstance(self.fast_pass, GraphedPass):
            self.fast_pass.part_gradients(self.classifier)

    def configure_gradient_clipping(
        self,
        optimizer: torch.optim.Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip the norm, which Lightning refuses to do for a fused optimiser in bfloat16, though it scales nothing."""
        if gradient_clip_val:
            parameters = (parameter for group in optimizer.param_groups for parameter in group["params"])
            torch.nn.utils.clip_grad_norm_(parameters, gradient_clip_val)

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Prepare the gradients for the pull."""
        group = optimizer.param_groups[0]
        self.pull.shrink_gradients(group["lr"], group["betas"][1])

    def optimizer_step(self, epoch: int, batch_idx: int, optimizer: Any, optimizer_closure: Any = None) -> None:
        """Take the optimiser's step, and then the pull's."""
        super().optimizer_step(epoch, batch_idx, optimizer, optimizer_closure)
        self.pull.shrink_distances(optimizer.param_groups[0]["lr"])

    def on_validation_epoch_start(self) -> None:
        """Start the validation figures from nothing."""
        self._valid_steps = []

    def validation_step(self, batch: Batch, batch_index: int) -> None:
        """Add a batch to the validation figures."""
        logits = self.classifier(batch.tokens, batch.lengths)
        losses = functional.cross_entropy(logits, batch.labels, reduction="none")
        self._valid_steps.append(_step_sums(batch, logits, losses))

    def on_validation_epoch_end(self) -> None:
        """Log loss and accuracy of validation, and of training as they were met during the epoch.

        Validation ends after the epoch's last step, and before the callbacks that read the figures.
        """
        self._log_figures("valid", self._valid_steps)
        self._log_figures("train", self._train_steps)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW; with weight_decay 0 it is Adam."""
        return torch.optim.AdamW(
            [parameter for parameter in self.classifier.parameters() if parameter.requires_grad],
            lr=self.settings.learning_rate,
            weight_decay=self.settings.weight_decay,
            fused=self.fused,
        )

    @property
    def tokens_seen(self) -> int:
        """Real tokens trained on in this epoch by this process."""
        return int(_total(self._train_steps)[3])

    def last_sums(self, steps: int) -> Tensor:
        """float [steps, 4], on the device: of the last steps, this process's sums of loss, right ones, rows, tokens."""
        return torch.stack(self._train_steps[-steps:])

    def _log_figures(self, split: str, steps: list[Tensor]) -> None:
        # Apple's accelerator has no float64.
        sums = _total(steps).to(self.device, torch.float32 if self.device.type == "mps" else torch.float64)
        loss, correct, rows, _ = self.trainer.strategy.reduce(sums, reduce_op="sum").tolist()
        self.figures |= {f"{split}_loss": loss / rows, f"{split}_accuracy": correct / rows}
        self.log(f"{split}_loss", loss / rows, sync_dist=True)
        self.log(f"{split}_accuracy", correct / rows, sync_dist=True)


def _step_sums(batch: Batch, logits: Tensor, losses: Tensor) -> Tensor:
    """float [4]: a step's loss, right predictions, examples and tokens, over its real rows."""
    real = batch.real
    correct = (logits.detach().argmax(1) == batch.labels) & real
    return torch.stack(
        [(losses.detach() * real).sum(), correct.sum(), real.sum(), (batch.lengths * real).sum()]
    ).float()


def _total(steps: list[Tensor]) -> Tensor:
    """float64 [4] on the CPU: whatever the accelerator, an epoch's sums lose nothing."""
    return torch.stack(steps).cpu().double().sum(0)


def _next_token_losses(batch: Batch, logits: Tensor) -> Tensor:
    """float [B]: each example's mean loss in predicting its next tokens, from logits [B, T, V]."""
    targets = batch.tokens[:, 1:]
    losses = functional.cross_entropy(logits[:, :-1].transpose(1, 2), targets, reduction="none", ignore_index=0)
    predicted = (targets != 0) & (batch.tokens[:, :-1] != 0)
    return (losses * predicted).sum(1) / predicted.sum(1).clamp(min=1)
