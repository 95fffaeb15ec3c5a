"""What a run is: by what a stage names it, and what it is on the server."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from timeshare.core.artifacts import read_json
from timeshare.core.config.errors import UserError

# A figure at a step.
Point = tuple[int, float]


@dataclass(frozen=True)
class DataInput:
    """A version of data that a run has read.

    Attributes:
        name: the dataset's name.
        digest: md5 of the data as DVC states it.
        source: path of the data within the project.
    """

    name: str
    digest: str
    source: str


@dataclass(frozen=True)
class RunIdentity:
    """A run: same key, same run.

    Attributes:
        experiment: name of the MLflow experiment.
        name: name of the run within it, for people.
        key: digest of everything that makes the run what it is; a run with this key is continued, else one is made.
        tags: set when the run is made and again whenever it is continued.
        documents: kept among the run's files as NAME.json.
        inputs: the data it reads.
        params: set when the run is made; those that it has already stay.
        parent: the run it is shown under.
        adds: whether a run that is over stays as it ended, with its status and duration, and is only added to.
    """

    experiment: str
    name: str
    key: str
    tags: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[DataInput, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    parent: "RunIdentity | None" = None
    adds: bool = False

    def to_json(self) -> dict[str, Any]:
        """The identity as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The identity that `to_json` wrote."""
        fields = dict(value)
        fields["inputs"] = tuple(DataInput(**item) for item in value["inputs"])
        fields["parent"] = cls.from_json(value["parent"]) if value["parent"] else None
        return cls(**fields)


@dataclass(frozen=True)
class SeedRun:
    """A seed of a member of the run matrix.

    Attributes:
        state: 'up to date', 'stale' or 'missing': whether `dvc repro` would train or evaluate it.
        key: tag timeshare.key of its run; empty if it was never trained.
        run_id: its run, as far as this project's sender knows; empty if it was not tracked, or tracked elsewhere.
        experiment_id: the same for the run's experiment.
    """

    dataset: str
    model: str
    seed: int
    state: str
    key: str = ""
    run_id: str = ""
    experiment_id: str = ""

    def metrics(self, root: Path, *outputs: Literal["models", "results"]) -> dict[str, float]:
        """What stages left of its metrics in these outputs of the project; the later output wins.

        Raises:
            UserError: a file is damaged.
        """
        files = (root / output / self.dataset / self.model / str(self.seed) / "metrics.json" for output in outputs)
        found: dict[str, float] = {}
        for file in filter(Path.exists, files):
            content = read_json(file)
            if not isinstance(content, dict) or not all(isinstance(value, int | float) for value in content.values()):
                raise UserError(f"{file}: is damaged; remove its folder and run `dvc repro`")
            found |= content
        return found


@dataclass(frozen=True)
class RemoteRun:
    """A run on the server.

    Attributes:
        name: the run's name.
        run_id: MLflow's name for it.
        experiment_id: the same for its experiment.
        is_over: whether the run had ended, and is to stay as it did.
        model_id: the run's logged model, where figures of it are to be added.
        params: those that it has.
        known: figures that the run had when we came to it, each (step, value); read when first asked for.
    """

    name: str
    run_id: str
    experiment_id: str
    is_over: bool = False
    model_id: str | None = None
    params: dict[str, str] = field(default_factory=dict)
    known: dict[str, set[Point] | None] = field(default_factory=dict)
