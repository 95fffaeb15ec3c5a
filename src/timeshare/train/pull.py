"""The pull of the steps' weights towards their mean: a dial from weights for each step to one set for all."""

from collections.abc import Iterable

import torch
from torch import Tensor

from timeshare.core.config.errors import UserError
from timeshare.models.classifier import SequenceClassifier
from timeshare.models.encoder import RecurrentEncoder


class Pull:
    """Adds `strength` times the spread of a net's weights over the steps to what the optimiser minimises.

    The spread is the mean over the steps of the squared distance of a step's weights from their mean over the steps
    (`TimeRecurrent.spread`). As AdamW does with weight decay, the pull takes a step of its own after the optimiser's,
    and stays out of the gradient: Adam divides each gradient by its usual size, so that a strong pull in there would
    leave nothing of the loss. The pull's is the proximal step, which no strength makes unstable: the
    distances from the mean shrink to 1 / (1 + 2 r s / T) of themselves (r the learning rate, s the strength, T the
    steps).

    A step's own part of the gradient, which the pull undoes, must not set that usual size either: it is the noise of a
    T-th of the weights, and would slow down what all steps learn together. Adam's usual size is a mean over some
    h = 1 / (1 - beta_2) steps. What the pull would leave over that time, in a step of h times the length, is what is
    left of the own part: 1 / (1 + 2 h r s / T).

    So strength 0 is the unshared net, and under a large one all steps have the same gradients: it is the shared net,
    but for the clipping of gradients, whose norm is another where they stand in T places.

    Args:
        classifier: whose steps are pulled. One with a single set of weights has nothing to pull.
        strength: s.
    Raises:
        UserError: it has several sets, but not one for each step.
    """

    def __init__(self, classifier: SequenceClassifier, strength: float) -> None:
        self.strength = strength
        self.stacks: list[Tensor] = []
        encoder = classifier.encoder
        if strength and isinstance(encoder, RecurrentEncoder) and encoder.recurrent.num_sets > 1:
            try:
                self.stacks = encoder.recurrent.sets_by_step()
            except ValueError as error:
                raise UserError(
                    f"training.pull: {error}; leave it 0 for this model, or give it sharing: unshared"
                ) from None

    def shrink_gradients(self, learning_rate: float, beta_2: float) -> None:
        """Before the optimiser's step: leave of the steps' own gradients what the pull leaves of their effect."""
        gradients = (stack.grad for stack in self.stacks if stack.grad is not None)
        self._shrink(gradients, learning_rate / (1 - beta_2))

    def shrink_distances(self, learning_rate: float) -> None:
        """After the optimiser's step: take the pull's own."""
        self._shrink(self.stacks, learning_rate)

    @torch.no_grad()
    def _shrink(self, stacks: Iterable[Tensor], length: float) -> None:
        """Shrink distances from the mean over the steps as a proximal step of this length does."""
        for stack in stacks:
            left = 1 / (1 + 2 * length * self.strength / len(stack))
            stack.lerp_(stack.mean(0, keepdim=True), 1 - left)
