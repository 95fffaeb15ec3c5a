"""The sections of params.yaml that are no catalogue: run, prepare, train, trainer, tracking, evaluate, report."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, create_model

from timeshare.core.config.base import (
    Count,
    Distinct,
    GradientClip,
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

    datasets: Distinct[Name] = Field(min_length=1, description="of the catalogue `datasets`")
    models: Distinct[Name] = Field(min_length=1, description="of the catalogue `models`, each trained on each dataset")
    seeds: Distinct[Count] = Field(
        min_length=1, description="of weights, batches and dropout; each model is trained once with each"
    )
    studies: Distinct[Name] = Field(default=(), description="of the catalogue `studies`, run beside the members")


class PrepareSettings(Settings):
    """How text becomes matrices of token ids."""

    layout: Literal["padding", "bucketing", "exact"] = Field(
        default="bucketing",
        description="padding: all texts to the length of the longest; bucketing: to the bound of their bucket; exact: "
        "none, texts of one length are batched together",
    )
    bounds: Literal["optimal", "quantile"] | Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = Field(
        default="optimal",
        description="layout bucketing; optimal: buckets with the fewest matrix entries; quantile: buckets of about as "
        "many texts each; or their padded lengths, in tokens",
    )
    buckets: PositiveInt = Field(default=8, description="how many, where the bounds are not given")
    side: Literal["right", "left"] = Field(default="right", description="where the padding stands")
    vocabulary_size: PositiveInt = Field(default=20000, description="tokens kept, at most, beside padding and unknown")
    min_frequency: PositiveInt = Field(
        default=1, description="times that a token occurs in the training texts, at least, to be kept"
    )
    workers: PositiveInt = Field(default=1, description="processes that tokenise")


class TrainSettings(Settings):
    """How a classifier is fitted."""

    batch_size: PositiveInt = Field(default=64, description="texts of a step at most, over all processes")
    tokens_per_batch: PositiveInt | None = Field(
        default=None,
        description="matrix entries of a step at most, padding included, over all processes; null: no such limit",
    )
    pool: PositiveInt = Field(
        default=1,
        description="layout bucketing: batches of a bucket whose texts are sorted by length together, each then cut to "
        "its longest; 1: neither, as always with `compile` and with models of `mask: false`",
    )
    learning_rate: PositiveFloat = Field(default=0.003, description="of AdamW, the same at every step")
    weight_decay: NonNegativeFloat = Field(default=0.0, description="of AdamW; 0: none, as Adam")
    gradient_clip: GradientClip = 1.0
    max_epochs: PositiveInt = Field(default=10, description="passes over the training texts, at most")
    select: Literal["valid_accuracy", "valid_loss"] = Field(
        default="valid_accuracy",
        description="the best epoch has the highest accuracy, or the lowest loss; among equals the other decides",
    )
    patience: PositiveInt = Field(default=3, description="epochs without a better one before stopping")
    stop_at_loss: NonNegativeFloat = Field(default=0.0, description="validation loss (nats) below which to stop")
    dropout: Probability | None = Field(default=None, description="in place of the models' own; null: theirs")
    embedding_dropout: Probability | None = Field(default=None, description="in place of the models' own; null: theirs")
    embedding_bound: PositiveFloat | None = Field(default=None, description="in place of the models' own; null: theirs")
    label_smoothing: Probability = Field(default=0.0, description="share of the target spread over all classes")
    truncate: PositiveInt | None = Field(
        default=None, description="window of truncated back-propagation, in steps; null: all of them"
    )
    next_token_weight: NonNegativeFloat = Field(default=0.0, description="weight of the next-token loss; 0: none")
    vectors: str | None = Field(default=None, description="pretrained word vectors, a token a line: data/vectors/NAME")
    freeze_vectors: bool = Field(default=False, description="with `vectors`: no token's vector learns")
    compile: bool = Field(
        default=False, description="torch.compile of the loop over time, a graph for each padded length"
    )


class TrainerSettings(Settings):
    """Lightning's Trainer; `auto` takes whatever accelerator is there."""

    accelerator: Literal["auto", "cpu", "gpu", "cuda", "mps", "tpu"] = Field(
        default="auto", description="what computes; auto: an accelerator where there is one, else the CPU"
    )
    devices: PositiveInt | Literal["auto"] = Field(default="auto", description="processes of a node")
    num_nodes: PositiveInt = Field(default=1, description="machines")
    strategy: Literal["auto", "ddp"] = Field(default="auto", description="ddp: several processes share each step")
    precision: Literal["32-true", "64-true", "bf16-mixed", "16-mixed"] = Field(
        default="32-true", description="bits of a number; mixed: fewer where that does no harm"
    )
    threads: PositiveInt | None = Field(default=None, description="of arithmetic on the CPU; null: what torch takes")


# What MLflow has a client or a store for. Its own folders of files are not among them: MLflow refuses these by now.
_MLFLOW = re.compile(r"(?i:https?)://.+|(sqlite|postgresql|mysql|mssql)(\+\w+)?://.*|databricks(://.*)?", re.DOTALL)


def _mlflow_address(uri: str) -> str:
    if not _MLFLOW.fullmatch(uri):
        # Whatever follows the scheme may hold a password.
        given = f"is of the scheme '{uri.partition(':')[0]:.20}'" if ":" in uri else "is no address"
        raise ValueError(
            f"{given}; give http://, https://, sqlite:///FILE, postgresql://, mysql://, mssql:// or databricks "
            "(a database also with its driver, as in mysql+pymysql://)"
        )
    return uri


class TrackingSettings(Settings):
    """MLflow; the environment variable MLFLOW_TRACKING_URI wins over `uri`."""

    enabled: bool = Field(default=True, description="whether runs are recorded")
    uri: Annotated[str, AfterValidator(_mlflow_address)] = Field(
        default="sqlite:///mlflow.db",
        description="the server or database; a file's path is from the project's folder on",
    )
    system_metrics: bool = Field(
        default=False, description="also record the load of processor, memory, disk and network, every 5 seconds"
    )
    champion_metric: str = Field(default="valid_accuracy", description="what `make register` chooses the best model by")
    champion_lowest: bool = Field(default=False, description="the best is the one with the lowest")


class EvaluateSettings(Settings):
    """What a trained classifier is asked."""

    batch_tokens: PositiveInt = Field(default=16384, description="matrix entries of an evaluation batch")
    train_rows: PositiveInt | None = Field(
        default=4000, description="training texts asked for the training accuracy, drawn at random; null: all"
    )
    rules: Distinct[Literal["hold", "cycle"]] = Field(
        default=("hold", "cycle"),
        description="beyond the extent: longer texts are predicted under each of these and the model's own; []: under "
        "its own alone",
    )
    threads: PositiveInt = Field(default=1, description="of arithmetic on the CPU")
    suites: dict[Name, Name] = Field(
        default={}, description="dataset: its file of cases in data/suites, without .jsonl"
    )


class ReportSettings(Settings):
    """How results are summarised."""

    confidence: Annotated[float, Field(gt=0.5, lt=1.0)] = Field(default=0.95, description="of the intervals, a share")
    resamples: PositiveInt = Field(default=2000, description="of the seeds, for each bootstrap interval")
    baseline: Name = Field(
        default="shared", description="the model the others are compared with, where `run.models` has it"
    )


PrepareOverrides = overrides_of(PrepareSettings, "PrepareOverrides")
TrainOverrides = overrides_of(TrainSettings, "TrainOverrides")
