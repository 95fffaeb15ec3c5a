"""The recorder that a stage holds: what it records goes to the spool, never to a server."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from subprocess import SubprocessError
from types import TracebackType
from typing import Any, Self

from timeshare.tracking.address import configured_address
from timeshare.tracking.delivery import ensure_sender, warn
from timeshare.tracking.identity import RunIdentity
from timeshare.tracking.settings import TrackingSettings
from timeshare.tracking.spool import Event, SessionWriter, milliseconds
from timeshare.tracking.system import SystemMetrics
from timeshare.tracking.workplace import Workplace

# Of a table; None: there is nothing.
Cell = str | int | float | None


class Tracker:
    """Records a run's params, metrics and files; a context manager whose end is the run's end.

    Nothing of it can stop or slow a stage: an event is a line appended to a file (about 0.02 ms), and a spool that
    cannot be written ends the recording with one warning.
    """

    def __init__(self, session: SessionWriter | None, workplace: Workplace, system_metrics: bool = False) -> None:
        self._session = session
        self._workplace = workplace
        self._system = SystemMetrics(self._write) if session and system_metrics else None

    @classmethod
    def open(cls, root: Path, settings: TrackingSettings, run: RunIdentity) -> Self:
        """Begin or continue a run.

        Args:
            root: the project.
            settings: where the server is, and whether to track at all; if not, the recorder does nothing.
            run: which run it is.
        Raises:
            UserError: MLFLOW_TRACKING_URI can be no address.
        """
        workplace = Workplace(root)
        if not settings.enabled:
            return cls(None, workplace)
        # Not resolved: a project that is moved takes its spool along.
        opening = {"server": configured_address(settings), "run": run.to_json()}
        try:
            tracker = cls(SessionWriter(workplace.spool, opening), workplace, settings.system_metrics)
        except OSError as error:
            _warn_of_spool(error)
            return cls(None, workplace)
        with contextlib.suppress(OSError, SubprocessError):  # Tried again at the end; what is recorded is kept.
            ensure_sender(root)
        return tracker

    def params(self, values: Mapping[str, Any]) -> None:
        """Record settings; nested mappings become dotted names."""
        self._write({"event": "params", "values": _flat(values)})

    def tags(self, values: Mapping[str, str]) -> None:
        """Set tags on the run."""
        self._write({"event": "tags", "values": dict(values)})

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Record figures at a step, stamped with the present time."""
        numbers = {name: float(value) for name, value in values.items()}
        self._write({"event": "metrics", "time": milliseconds(), "step": step, "values": numbers})

    def artifact(self, path: Path, folder: str = "") -> None:
        """Record a file or folder as it is now, under `folder` of the run's artifacts."""
        self._record(lambda session: {"event": "artifact", "path": session.keep(path), "folder": folder})

    def curves(self, curves: Mapping[str, Mapping[int, float]]) -> None:
        """Record curves: by name, a figure at each of its steps."""
        steps: dict[int, dict[str, float]] = {}
        for name, points in curves.items():
            for step, value in points.items():
                steps.setdefault(step, {})[name] = value
        for step in sorted(steps):
            self.metrics(steps[step], step)

    def table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """Record a table, as MLflow's pages show one; NAME is unique in the run."""
        content = json.dumps({"columns": list(columns), "data": [list(row) for row in rows]})
        self._record(
            lambda session: {"event": "table", "path": session.keep_text(content, f"{name}.json"), "folder": "tables"}
        )

    def model(self, files: Sequence[Path], example: str, step: int = 0, code: Path | None = None) -> None:
        """Record a trained classifier as an MLflow model that takes text.

        Args:
            files: all that `timeshare.evaluate.text_classifier.load_text_classifier` needs in one folder.
            example: a text it can label, kept as the model's input example.
            step: the step of the run whose figures are the model's.
            code: the file of a scheme of the user's own, which the package does not have.
        """

        def event(session: SessionWriter) -> Event:
            kept = {"path": session.keep(*files, name="model")}
            if code is not None:
                kept["code"] = session.keep(code)
            return {"event": "model", "example": example, "step": step, **kept}

        self._record(event)

    def __enter__(self) -> Self:
        if self._system:
            self._system.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._system:
            self._system.stop()
        reason = f"{type(error).__name__}: {error}" if error else ""
        self._write({"event": "end", "time": milliseconds(), "status": _status(error), "reason": reason})
        if self._session:
            self._session.close()
            self._session = None
            with contextlib.suppress(OSError, SubprocessError):
                ensure_sender(self._workplace.project)
                warn(self._workplace)

    def _write(self, event: dict[str, Any]) -> None:
        self._record(lambda _: event)

    def _record(self, event: Callable[[SessionWriter], dict[str, Any]]) -> None:
        session = self._session
        if session is None:
            return
        try:
            session.write(event(session))
        except OSError as error:
            self._session = None
            session.close()
            _warn_of_spool(error)


def _status(error: BaseException | None) -> str:
    """MLflow's word for how the block ended: a stage that is told to stop raises what is no Exception.

    What it broke off may fail at cleaning up, and raise an error that came of the stop.
    """
    if error is None:
        return "FINISHED"
    while isinstance(error, Exception):
        error = error.__context__
    return "FAILED" if error is None else "KILLED"


def _warn_of_spool(error: OSError) -> None:
    print(f"tracking: this run is not recorded from here on: {error}", file=sys.stderr)


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = str(value)
    return flat
