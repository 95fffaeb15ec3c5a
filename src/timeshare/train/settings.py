"""The sections `training` and `trainer` of params.yaml."""

import math
from typing import Literal

from pydantic import Field

from timeshare.core.arithmetic import Arithmetic
from timeshare.core.config.base import (
    Count,
    GradientClip,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    Probability,
    Settings,
)


class TrainSettings(Settings):
    """How a classifier is fitted."""

    batch_size: PositiveInt = Field(
        default=64, description="largest number of texts in a step, over all processes together"
    )
    tokens_per_batch: PositiveInt | None = Field(
        default=None,
        description="largest number of entries in a step, padding included, over all processes together; null: no "
        "limit",
    )
    pool: PositiveInt = Field(
        default=1,
        description="for layout bucketing: number of batches whose texts are sorted by length together, each batch "
        "then being cut to its longest text; 1: no sorting and no cutting, as always with `compile` and with models of "
        "`mask: false`",
    )
    learning_rate: PositiveFloat = Field(default=0.003, description="learning rate of AdamW, at its highest")
    schedule: Literal["constant", "cosine"] = Field(
        default="constant",
        description="the learning rate after the warm-up; cosine: it falls to zero along half a cosine, reached with "
        "the budget's last step",
    )
    warmup_steps: Count = Field(default=0, description="first steps, over which the learning rate rises from zero")
    weight_decay: NonNegativeFloat = Field(default=0.0, description="weight decay of AdamW; 0: none, which is Adam")
    gradient_clip: GradientClip = 1.0
    max_epochs: PositiveInt | None = Field(
        default=None,
        description="largest number of passes over the training texts; null: as many as `max_steps` allows",
    )
    max_steps: PositiveInt = Field(
        default=2000,
        description="where `max_epochs` is null: no further pass begins after so many steps, so that few texts are "
        "read more often than many",
    )
    select: Literal["valid_accuracy", "valid_loss"] = Field(
        default="valid_accuracy",
        description="what makes an epoch the best: the highest accuracy or the lowest loss; the other decides a tie",
    )
    stop: Literal["valid_accuracy", "valid_loss"] | None = Field(
        default=None, description="the figure that has to get better, or training stops; null: what `select` names"
    )
    patience: PositiveInt = Field(default=3, description="stop after this many epochs without a better one")
    patience_steps: Count = Field(
        default=0, description="steps without a better epoch that there must be, too, before training stops"
    )
    stop_at_loss: NonNegativeFloat = Field(
        default=0.0, description="stop once the validation loss, in nats, is below this"
    )
    dropout: Probability | None = Field(
        default=None, description="takes the place of every model's own `dropout`; null: each keeps its own"
    )
    embedding_dropout: Probability | None = Field(
        default=None, description="takes the place of every model's own `embedding_dropout`; null: each keeps its own"
    )
    embedding_bound: PositiveFloat | None = Field(
        default=None, description="takes the place of every model's own `embedding_bound`; null: each keeps its own"
    )
    label_smoothing: Probability = Field(default=0.0, description="share of the target that is spread over all classes")
    truncate: PositiveInt | None = Field(
        default=None,
        description="largest number of steps that gradients flow back through (truncated back-propagation); null: all",
    )
    next_token_weight: NonNegativeFloat = Field(default=0.0, description="weight of the next-token loss; 0: none")
    pull: NonNegativeFloat = Field(
        default=0.0,
        description="adds this many times the mean squared distance of each step's weights from their mean over the "
        "steps to the loss of nets with weights for each step; 0: none; the larger it is, the more the steps share",
    )
    vectors: str | None = Field(
        default=None, description="file of pretrained word vectors, data/vectors/NAME: docs/vectors.md"
    )
    freeze_vectors: bool = Field(default=False, description="with `vectors`: do not train the tokens' vectors")
    compile: bool = Field(
        default=False, description="compile the loop over time with torch.compile, one graph for each padded length"
    )

    def epochs(self, steps: int) -> int:
        """Passes over the training texts that the budget allows, at least one, where each takes so many steps."""
        return self.max_epochs or math.ceil(self.max_steps / steps)

    def learning_rate_at(self, step: int, of: int) -> float:
        """The learning rate of a step, counted from 0, in a fit of so many."""
        rise = min(1.0, (step + 1) / (self.warmup_steps + 1))
        if self.schedule == "constant" or step < self.warmup_steps:
            return self.learning_rate * rise
        share = (step - self.warmup_steps) / max(1, of - self.warmup_steps)
        return self.learning_rate * (1 + math.cos(math.pi * share)) / 2


class TrainerSettings(Settings):
    """Lightning's Trainer; `auto` takes whatever accelerator is there."""

    accelerator: Literal["auto", "cpu", "gpu", "cuda", "mps", "tpu"] = Field(
        default="auto", description="what it runs on; auto: an accelerator where there is one, else the CPU"
    )
    devices: PositiveInt | Literal["auto"] = Field(default="auto", description="number of processes on each machine")
    num_nodes: PositiveInt = Field(default=1, description="number of machines")
    strategy: Literal["auto", "ddp"] = Field(
        default="auto", description="ddp: several processes share the work of each step"
    )
    precision: Literal["32-true", "64-true", "bf16-mixed", "16-mixed"] = Field(
        default="32-true", description="bits of a number; mixed: fewer bits where that is safe"
    )
    cuda_graphs: bool = Field(
        default=True,
        description="on an NVIDIA card, launch a net's loop over time as one, a graph for each padded length; batches "
        "are not cut then, as with `training.compile`",
    )
    threads: PositiveInt | None = Field(
        default=None, description="threads that compute on the CPU; null: torch decides"
    )
    arithmetic: Arithmetic = Field(
        default="portable",
        description="how the CPU computes, when fitting, evaluating and in studies; portable: with the same bytes on "
        "every x86-64 processor with AVX2 (docs/determinism.md); native: as this processor does it fastest",
    )
