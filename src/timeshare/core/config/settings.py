"""The sections of params.yaml that are no catalogue: run, prepare, train, trainer, tracking, evaluate, report."""

from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from timeshare.core.config.base import (
    Count,
    Name,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    Probability,
    Settings,
)


def overrides_of(settings: type[Settings], name: str) -> type[Settings]:
    """The same fields, each optional: what a dataset states of its own is merged over the common section."""
    # The key stands among the metadata only because Annotated wants at least one item.
    fields: dict[str, Any] = {
        key: (
            Annotated[field.annotation, key, *field.metadata] | None,
            Field(default=None, description=field.description),
        )
        for key, field in settings.model_fields.items()
    }
    return create_model(name, __base__=Settings, __doc__=f"What a dataset overrides of {settings.__name__}.", **fields)


class RunSettings(Settings):
    """Which members of the catalogues are run, and with which seeds."""

    datasets: tuple[Name, ...] = Field(min_length=1)
    models: tuple[Name, ...] = Field(min_length=1)
    seeds: tuple[Count, ...] = Field(min_length=1)
    studies: tuple[Name, ...] = Field(default=(), description="of the catalogue `studies`, run beside the members")


class PrepareSettings(Settings):
    """How text becomes matrices of token ids."""

    layout: Literal["padding", "bucketing", "exact"] = "bucketing"
    bounds: Literal["optimal", "quantile"] | Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = "optimal"
    buckets: PositiveInt = Field(default=8, description="how many, where the bounds are not given")
    side: Literal["right", "left"] = "right"
    vocabulary_size: PositiveInt = Field(default=20000, description="tokens kept, at most, beside padding and unknown")
    min_frequency: PositiveInt = 1
    workers: PositiveInt = 1


class TrainSettings(Settings):
    """How a classifier is fitted."""

    batch_size: PositiveInt = Field(default=64, description="texts of a step at most, over all processes")
    tokens_per_batch: PositiveInt | None = Field(
        default=None, description="cells of a step at most, padding included, over all processes; null: no such limit"
    )
    pool: PositiveInt = Field(
        default=1,
        description="layout bucketing: batches of a bucket whose texts are sorted by length together, each then cut to "
        "its longest; 1: neither, as always with `compile` and with models of `mask: false`",
    )
    learning_rate: PositiveFloat = 0.003
    weight_decay: NonNegativeFloat = 0.0
    gradient_clip: PositiveFloat = 1.0
    max_epochs: PositiveInt = 10
    patience: PositiveInt = Field(default=3, description="epochs without a better validation loss before stopping")
    stop_at_loss: NonNegativeFloat = Field(default=0.0, description="validation loss (nats) below which to stop")
    dropout: Probability | None = Field(default=None, description="in place of the models' own")
    embedding_dropout: Probability | None = Field(default=None, description="in place of the models' own")
    label_smoothing: Probability = 0.0
    truncate: PositiveInt | None = Field(default=None, description="window of truncated back-propagation, in steps")
    next_token_weight: NonNegativeFloat = Field(default=0.0, description="weight of the next-token loss")
    vectors: str | None = Field(default=None, description="pretrained word vectors, a token a line: data/vectors/NAME")
    freeze_vectors: bool = False
    compile: bool = Field(
        default=False, description="torch.compile of the loop over time, a graph for each padded length"
    )


class TrainerSettings(Settings):
    """Lightning's Trainer; `auto` takes whatever accelerator is there."""

    accelerator: Literal["auto", "cpu", "gpu", "cuda", "mps", "tpu"] = "auto"
    devices: PositiveInt | Literal["auto"] = Field(default="auto", description="processes of a node")
    num_nodes: PositiveInt = 1
    strategy: Literal["auto", "ddp"] = Field(default="auto", description="ddp: several processes share each step")
    precision: Literal["32-true", "64-true", "bf16-mixed", "16-mixed"] = "32-true"
    threads: PositiveInt | None = Field(default=None, description="of arithmetic on the CPU; null: what torch takes")


class TrackingSettings(Settings):
    """MLflow; the environment variable MLFLOW_TRACKING_URI wins over `uri`."""

    enabled: bool = True
    uri: str = "sqlite:///mlflow.db"
    system_metrics: bool = False
    champion_metric: str = Field(default="accuracy", description="what `make register` chooses the best model by")
    champion_lowest: bool = Field(default=False, description="the best is the one with the lowest")


class EvaluateSettings(Settings):
    """What a trained classifier is asked."""

    batch_tokens: PositiveInt = Field(default=16384, description="cells of an evaluation batch")
    train_rows: PositiveInt | None = Field(
        default=4000, description="training texts asked for the training accuracy, drawn at random; null: all"
    )
    rules: tuple[Literal["hold", "cycle"], ...] = Field(default=("hold", "cycle"), description="beyond the extent")
    threads: PositiveInt = Field(default=1, description="of arithmetic on the CPU")
    suites: dict[Name, Name] = Field(
        default={}, description="dataset: its file of cases in data/suites, without .jsonl"
    )


class ReportSettings(Settings):
    """How results are summarised."""

    confidence: Annotated[float, Field(gt=0.5, lt=1.0)] = 0.95
    resamples: PositiveInt = 2000
    baseline: Name = Field(default="shared", description="the model the others are compared with")


PrepareOverrides = overrides_of(PrepareSettings, "PrepareOverrides")
TrainOverrides = overrides_of(TrainSettings, "TrainOverrides")
