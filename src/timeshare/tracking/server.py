"""One MLflow server or database, and the runs on it; the sender alone uses it.

Every operation may be repeated: after a crash between sending and recording that it was sent, it is.
"""

import contextlib
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from errno import ENOENT
from pathlib import Path
from urllib.parse import unquote

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, Experiment, InputTag, Metric, Param, Run, RunStatus, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_LOGGED_ARTIFACTS

from timeshare.core.config.errors import UserError
from timeshare.tracking import model
from timeshare.tracking.address import checked, database_file, resolved
from timeshare.tracking.identity import DataInput, Point, RemoteRun, RunIdentity
from timeshare.tracking.spool import Event
from timeshare.tracking.store import UnusableStoreError, artifacts_of, prepare
from timeshare.tracking.view import EXPERIMENT_TAGS

KEY_TAG = "timeshare.key"
_REASON_TAG = "timeshare.reason"
_PARENT_TAG = "mlflow.parentRunId"
# MLflow's limits for one request, and for a value.
_METRICS, _PARAMS, _TAGS, _VALUE_CHARACTERS = 1000, 100, 100, 6000
# Not logged in, not allowed, too late, too often: that can be mended, and the same is then welcome.
_PASSING = (401, 403, 408, 429)


class Server:
    """An MLflow server and the runs on it."""

    def __init__(self, address: str, project: Path) -> None:
        """Connect to it.

        Args:
            address: as params.yaml or the environment gives it.
            project: where the path of a SQLite file starts.
        Raises:
            UnusableStoreError: somebody has to mend something first.
            OSError: it cannot be reached for now.
        """
        try:
            self.address = resolved(checked(address), project)
        except ValueError as error:
            raise UnusableStoreError(str(error)) from None
        prepare(self.address, project, create=True)
        self._client = MlflowClient(self.address)
        self._artifacts = artifacts_of(self.address, project)
        self._file = database_file(self.address)
        self._inode = self._file.stat().st_ino if self._file else 0
        self._open_parents: set[str] = set()

    def is_gone(self) -> bool:
        """Whether the file of the database was removed or replaced: MLflow would go on writing into the old one."""
        try:
            return self._file is not None and self._file.stat().st_ino != self._inode
        except FileNotFoundError:
            return True

    def answers(self) -> bool:
        """Whether the server is there."""
        try:
            self._client.search_experiments(max_results=1)
        except Exception:
            return False
        return True

    def refuses(self, error: Exception) -> bool:
        """Whether an error means that it is no use to send the same again: the server is well and will not have it."""
        if isinstance(error, MlflowException):
            status = error.get_http_status_code()
            return 400 <= status < 500 and status not in _PASSING and self.answers()
        if isinstance(error, UnusableStoreError | UserError):
            return False
        if isinstance(error, OSError) and error.errno not in (None, ENOENT):
            return False  # The disk is full, say, or the artifacts may not be written.
        return self.answers()

    def has_lost(self, run: RemoteRun) -> bool:
        """Whether a run is deleted; one that went with its experiment is brought back with it."""
        try:
            if self._client.get_experiment(run.experiment_id).lifecycle_stage == "deleted":
                self._client.restore_experiment(run.experiment_id)
            return str(self._client.get_run(run.run_id).info.lifecycle_stage) == "deleted"
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return True
            raise

    def run(self, identity: RunIdentity, started: int) -> RemoteRun:
        """The run of this identity, set to running: found by its key, else made.

        Args:
            identity: which run.
            started: when it began, if it is made, in milliseconds since 1970.
        """
        # Looked up for each run: experiments are deleted while stages run.
        experiment_id = self._experiment(identity.experiment)
        found = self._client.search_runs(
            [experiment_id],
            f"tags.`{KEY_TAG}` = '{identity.key}'",
            ViewType.ACTIVE_ONLY,
            order_by=["attributes.start_time ASC"],
        )
        if found:
            first, *doubles = found
            for double in doubles:
                # Made by a request that timed out here and was carried out there all the same: nothing is in it.
                if not double.data.metrics and not double.data.params:
                    self._client.delete_run(double.info.run_id)
            run = self._continue(identity, first)
        else:
            run = self._begin(identity, experiment_id, started)
        for name, content in identity.documents.items():
            self._client.log_dict(run.run_id, content, f"{name}.json")
        if identity.inputs:
            self._client.log_inputs(run.run_id, [_dataset_input(item) for item in identity.inputs])
        return run

    def _begin(self, identity: RunIdentity, experiment_id: str, started: int) -> RemoteRun:
        tags = {**_shortened(identity.tags), KEY_TAG: identity.key}
        if identity.parent:
            tags[_PARENT_TAG] = self.run(identity.parent, started).run_id
            self._open_parents.add(tags[_PARENT_TAG])
        made = self._client.create_run(experiment_id, started, tags, identity.name)
        run = RemoteRun(identity.name, made.info.run_id, experiment_id)
        self._log_params(run, identity.params)
        return run

    def _continue(self, identity: RunIdentity, there: Run) -> RemoteRun:
        is_over = identity.adds and RunStatus.is_terminated(RunStatus.from_string(there.info.status))
        known: dict[str, set[Point] | None] = dict.fromkeys(there.data.metrics)
        run_id = there.info.run_id
        logged = model.newest(self._client, run_id) if identity.adds else None
        model_id = logged.model_id if logged else None
        params = dict(there.data.params)
        run = RemoteRun(identity.name, run_id, there.info.experiment_id, is_over, model_id, params, known)
        if not is_over:
            self._client.update_run(run.run_id, status=RunStatus.to_string(RunStatus.RUNNING))
        if _REASON_TAG in there.data.tags:
            self._client.delete_tag(run.run_id, _REASON_TAG)
        self._log(run, tags=[RunTag(*item) for item in _shortened(identity.tags).items()])
        self._log_params(run, identity.params)
        return run

    def send(self, run: RemoteRun, events: Sequence[Event], folder: Path) -> None:
        """Send the events in their order, those that MLflow takes in batches in as few requests as it allows."""
        for kind, group in itertools.groupby(events, key=lambda event: event["event"]):
            match kind:
                case "open":
                    pass  # `run` has done what it says.
                case "metrics":
                    self._send_metrics(run, group)
                case "params":
                    self._log_params(run, _merged(group))
                case "tags":
                    self._log(run, tags=[RunTag(*item) for item in _shortened(_merged(group)).items()])
                case "artifact" | "table":
                    for event in group:
                        self._send_artifact(run, folder / event["path"], event["folder"], is_table=kind == "table")
                case "model":
                    for event in group:
                        code = folder / event["code"] if "code" in event else None
                        model.log(self.address, run, folder / event["path"], event["example"], event["step"], code)
                case "end":
                    for event in group:
                        self.finish(run, event["status"], event["reason"], event["time"])
                case _:
                    raise ValueError(f"unknown event {kind!r}")

    def finish(self, run: RemoteRun, status: str, reason: str = "", time: int | None = None) -> None:
        """Set the run's end and how it came to it."""
        if reason:
            self._log(run, tags=[RunTag(*item) for item in _shortened({_REASON_TAG: reason}).items()])
        if not run.is_over:
            self._client.set_terminated(run.run_id, status, time)

    def finish_parents(self) -> None:
        """Set the end of the parents that were begun for their members: none of those runs any more."""
        while self._open_parents:
            with contextlib.suppress(MlflowException):  # It was deleted meanwhile.
                self._client.set_terminated(self._open_parents.pop())

    def _experiment(self, name: str) -> str:
        experiment: Experiment | None = self._client.get_experiment_by_name(name)
        if experiment is None:
            try:
                return str(self._client.create_experiment(name, self._artifacts, tags=EXPERIMENT_TAGS))
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
                experiment = self._client.get_experiment_by_name(name)
        if experiment.lifecycle_stage == "deleted":
            self._client.restore_experiment(experiment.experiment_id)
        for tag, value in EXPERIMENT_TAGS.items():
            if tag not in experiment.tags:  # It is of an earlier version of this package; an edit by hand stays.
                self._client.set_experiment_tag(experiment.experiment_id, tag, value)
        place = experiment.artifact_location
        if self._artifacts and place.startswith("file:///") and place != self._artifacts:
            folder = Path(unquote(place.removeprefix("file://")))
            if not folder.parent.is_dir():
                raise UnusableStoreError(
                    f"keeps the artifacts of {name} in {folder}, which is not on this machine; make that "
                    "folder, or give the address of an MLflow server, which has a place of its own for them"
                )
        return str(experiment.experiment_id)

    def _send_metrics(self, run: RemoteRun, events: Iterable[Event]) -> None:
        metrics = [
            Metric(name, value, event["time"], event["step"], model_id=run.model_id)
            for event in events
            for name, value in event["values"].items()
            if (event["step"], value) not in self._known(run, name)
        ]
        self._log(run, metrics=metrics)

    def _send_artifact(self, run: RemoteRun, path: Path, target: str, is_table: bool) -> None:
        if path.is_dir():
            self._client.log_artifacts(run.run_id, str(path), f"{target}/{path.name}".lstrip("/"))
        else:
            self._client.log_artifact(run.run_id, str(path), target or None)
        if is_table:
            self._list_table(run, f"{target}/{path.name}")

    def _list_table(self, run: RemoteRun, path: str) -> None:
        """List an artifact among those that the pages show as tables; MLflow's own call would add to its rows."""
        listed = json.loads(self._client.get_run(run.run_id).data.tags.get(MLFLOW_LOGGED_ARTIFACTS, "[]"))
        entry = {"path": path, "type": "table"}
        if entry not in listed:
            self._log(run, tags=[RunTag(MLFLOW_LOGGED_ARTIFACTS, json.dumps([*listed, entry]))])

    def _log_params(self, run: RemoteRun, params: Mapping[str, str]) -> None:
        """Log those that the run does not have: MLflow lets none change, and a run keeps what it was made with."""
        new = {name: value for name, value in _shortened(params).items() if name not in run.params}
        self._log(run, params=[Param(*item) for item in new.items()])
        run.params.update(new)

    def _known(self, run: RemoteRun, name: str) -> set[Point]:
        """The points of a figure that the run had when we came to it.

        A stage that was killed and starts again at a checkpoint repeats what came after it, to the same figures.
        """
        if name not in run.known:
            return set()
        points = run.known[name]
        if points is None:
            history = self._client.get_metric_history(run.run_id, name)
            points = run.known[name] = {(point.step, point.value) for point in history}
        return points

    def _log(
        self,
        run: RemoteRun,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
    ) -> None:
        for start in range(0, len(metrics), _METRICS):
            self._client.log_batch(run.run_id, metrics=metrics[start : start + _METRICS])
        for start in range(0, len(params), _PARAMS):
            self._client.log_batch(run.run_id, params=params[start : start + _PARAMS])
        for start in range(0, len(tags), _TAGS):
            self._client.log_batch(run.run_id, tags=tags[start : start + _TAGS])


def _merged(events: Iterable[Event]) -> dict[str, str]:
    """The values of several events; the later wins."""
    return {name: value for event in events for name, value in event["values"].items()}


def _shortened(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value[:_VALUE_CHARACTERS] for name, value in values.items()}


def _dataset_input(data: DataInput) -> DatasetInput:
    dataset = Dataset(name=data.name, digest=data.digest, source_type="dvc", source=data.source)
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])
