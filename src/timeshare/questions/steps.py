"""What the studies with nets and batches of their own share: a training loop, a progress bar."""

from collections.abc import Callable, Iterable

import torch
from rich.console import Console
from rich.progress import track
from torch import Tensor, nn

from timeshare.core.config.errors import UserError
from timeshare.core.terminal import shows_progress


def train_steps(
    model: nn.Module,
    loss_of_next_batch: Callable[[], Tensor],
    *,
    steps: int,
    learning_rate: float,
    final_rate: float = 1.0,
    gradient_clip: float = 1.0,
    label: str = "",
) -> None:
    """Minimise a loss by Adam, on batches that are drawn anew at each step; the model ends in evaluation mode.

    Args:
        model: what learns.
        loss_of_next_batch: draws a batch and gives the model's loss on it.
        steps: batches.
        learning_rate: of Adam, at the first batch.
        final_rate: the share of it that is left after the last batch; it falls linearly.
        gradient_clip: largest norm of all gradients together.
        label: what the progress bar and errors say.
    Raises:
        UserError: the loss is no number any more.
    """
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=True)
    falling = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, final_rate, total_iters=steps)
    model.train()
    for _ in on_terminal(range(steps), label):
        loss = loss_of_next_batch()
        check_finite(loss, label)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), gradient_clip)
        optimizer.step()
        falling.step()
    model.eval()


def check_finite(loss: Tensor, label: str) -> None:
    """Stop instead of training on in vain.

    Raises:
        UserError: the loss is infinite or no number.
    """
    if not bool(torch.isfinite(loss.detach())):
        raise UserError(f"{label}: the loss is no number any more; lower the study's learning rate in params.yaml")


def on_terminal(steps: Iterable[int], label: str) -> Iterable[int]:
    """The steps, with a progress bar on stderr where that is a terminal."""
    return track(steps, label, console=Console(stderr=True), transient=True, disable=not shows_progress())
