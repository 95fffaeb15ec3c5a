"""The sections `training` and `trainer` of params.yaml."""

from typing import Literal

from pydantic import Field

from timeshare.core.config.base import GradientClip, NonNegativeFloat, PositiveFloat, PositiveInt, Probability, Settings


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
    learning_rate: PositiveFloat = Field(default=0.003, description="learning rate of AdamW, the same at every step")
    weight_decay: NonNegativeFloat = Field(default=0.0, description="weight decay of AdamW; 0: none, which is Adam")
    gradient_clip: GradientClip = 1.0
    max_epochs: PositiveInt = Field(default=10, description="largest number of passes over the training texts")
    select: Literal["valid_accuracy", "valid_loss"] = Field(
        default="valid_accuracy",
        description="what makes an epoch the best: the highest accuracy or the lowest loss; the other decides a tie",
    )
    patience: PositiveInt = Field(default=3, description="stop after this many epochs without a better one")
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
    vectors: str | None = Field(
        default=None, description="file of pretrained word vectors, one token a line: data/vectors/NAME"
    )
    freeze_vectors: bool = Field(default=False, description="with `vectors`: do not train the tokens' vectors")
    compile: bool = Field(
        default=False, description="compile the loop over time with torch.compile, one graph for each padded length"
    )


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
    threads: PositiveInt | None = Field(
        default=None, description="threads that compute on the CPU; null: torch decides"
    )
