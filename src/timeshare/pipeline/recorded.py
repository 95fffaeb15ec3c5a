"""dvc.lock: what each stage read and wrote when it ran last, beside what is there now."""

import contextlib
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from timeshare.core.config.errors import UserError, quoted
from timeshare.pipeline.identity.reads import PARAMS, SEEDS, SeedReads, Workspace, load_yaml

LOCK = "dvc.lock"
_MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")


class Recorded:
    """What dvc.lock says, beside the workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._stages = _whole_entries(workspace.root / LOCK)
        self._states: dict[str, bool] = {}
        self._writers = {str(out["path"]): name for name, entry in self._stages.items() for out in entry["outs"]}

    def seeds(self, stage: str) -> list[int]:
        """The seeds that a stage ran with; none if it never ran."""
        seeds = self._params(stage).get(PARAMS, {}).get(SEEDS, [])
        return [int(seed) for seed in seeds]

    def training(self, stage: str, seed: int) -> SeedReads:
        """What a stage that trains read for a seed; it reads the same for all of them."""
        params = {
            file: {key: value for key, value in values.items() if key != SEEDS}
            for file, values in self._params(stage).items()
        }
        inputs = {dependency["path"]: dependency["md5"] for dependency in self._stages[stage].get("deps", ())}
        return SeedReads(stage, seed, params, inputs)

    def is_stale(self, stage: str) -> bool:
        """Whether a stage would have to run, or one that it reads from."""
        if stage not in self._states:
            self._states[stage] = self._find_stale(stage)
        return self._states[stage]

    def _params(self, stage: str) -> Mapping[str, Mapping[str, Any]]:
        params: Mapping[str, Mapping[str, Any]] = self._stages.get(stage, {}).get("params", {})
        return params

    def _find_stale(self, stage: str) -> bool:
        entry = self._stages.get(stage)
        if entry is None or not all((self._workspace.root / out["path"]).exists() for out in entry["outs"]):
            return True
        return any(
            self._workspace.param(file, key) != value
            for file, values in self._params(stage).items()
            for key, value in values.items()
        ) or any(self._has_changed(dependency["path"], dependency["md5"]) for dependency in entry.get("deps") or ())

    def _has_changed(self, path: str, md5: str) -> bool:
        if path in self._writers and self.is_stale(self._writers[path]):
            return True
        try:
            return self._workspace.md5(path) != md5
        except UserError:
            return True


def _whole_entries(path: Path) -> dict[str, Any]:
    """The entries of dvc.lock, without those that a kill or a merge has left damaged: of these it says so."""
    try:
        stages = load_yaml(path).get("stages") or {}
        whole = {name: entry for name, entry in stages.items() if _is_whole(entry)}
    except (yaml.YAMLError, AttributeError, OSError) as error:
        conflict = _conflict(path)
        what = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else "is damaged or cut short"
        if conflict:
            what = f"line {conflict} is a conflict of git's"
        print(f"{path}: {what}, so that nothing counts as up to date; take it from git, or remove it", file=sys.stderr)
        return {}
    if damaged := [name for name in stages if name not in whole]:
        print(f"{path}: the entry of {quoted(damaged)} is damaged or cut short; `dvc repro` makes it", file=sys.stderr)
    return whole


def _conflict(path: Path) -> int | None:
    """The line on which git has marked a conflict."""
    with contextlib.suppress(OSError):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        return next((number for number, line in enumerate(lines, start=1) if line.startswith("<<<<<<< ")), None)
    return None


def _is_whole(entry: Any) -> bool:
    """Whether a lock entry is there to its end: its outs come last, and each path has its md5."""
    if not isinstance(entry, Mapping) or not entry.get("outs"):
        return False
    return all(_MD5.fullmatch(str(item.get("md5"))) for item in [*(entry.get("deps") or ()), *entry["outs"]])
