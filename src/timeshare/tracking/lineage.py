"""What a stage reads, as DVC states it: the values of its parameters and the md5 of each dependency.

The same facts come from two places: from the working tree while the stage runs, when dvc.lock does not have them yet,
and from dvc.lock afterwards. Their digest is the key of the stage's run, so that a lock entry leads to its run.
"""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from timeshare.core.artifacts import digest
from timeshare.core.numerals import read_numbers_as_dvc
from timeshare.tracking.versions import ignored_names, path_md5

# A member of a matrix, by the names of the matrix.
Item = Mapping[str, str | int]

LOCK, PIPELINE, PARAMS = "dvc.lock", "dvc.yaml", "params.yaml"
_MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")
_LOCK_READS, _LOCK_PAUSE_SECONDS = 20, 0.1


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # the fast one where it is built in
    """YAML as DVC reads and writes it."""


read_numbers_as_dvc(_Loader)


def load_yaml(path: Path) -> Any:
    """Read a YAML file the way DVC does; an absent file is empty."""
    try:
        return yaml.load(path.read_bytes(), Loader=_Loader) or {}  # noqa: S506 - a SafeLoader
    except FileNotFoundError:
        return {}


@dataclass(frozen=True)
class StageReads:
    """What one run of a stage reads.

    Attributes:
        stage: its name in DVC, such as train@parity-shared-0.
        params: values by file and dotted key.
        inputs: md5 by path, a folder's ending in `.dir`.
    """

    stage: str
    params: Mapping[str, Mapping[str, Any]]
    inputs: Mapping[str, str]

    @property
    def key(self) -> str:
        """Digest of the whole: what reads the same has the same key."""
        return digest({"stage": self.stage, "params": self.params, "inputs": self.inputs})


class Lock:
    """dvc.lock, what each stage read and wrote when it ran last, beside what is there now."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._ignored = ignored_names(root)
        self._stages = _whole_entries(root / LOCK)
        # Each file is read once for all the stages that are asked about.
        self._md5s: dict[str, str] = {}
        self._states: dict[str, str] = {}
        self._contents: dict[str, Any] = {}
        self._writers: dict[str, tuple[str, str]] = {
            str(out["path"]): (str(name), str(out["md5"]))
            for name, entry in self._stages.items()
            for out in entry["outs"]
        }

    def reads(self, stage: str) -> StageReads | None:
        """What a stage read; None if it never ran."""
        entry = self._stages.get(stage)
        if entry is None:
            return None
        inputs = {dependency["path"]: dependency["md5"] for dependency in entry.get("deps", ())}
        return StageReads(stage, entry.get("params", {}), inputs)

    def md5(self, path: str) -> str:
        """The md5 of a path: as its stage wrote it, else of what is there now.

        Raises:
            FileNotFoundError: there is nothing, and no stage that wrote it.
        """
        if path in self._writers:
            return self._writers[path][1]
        if path not in self._md5s:
            self._md5s[path] = path_md5(self._root / path, self._ignored)
        return self._md5s[path]

    def state(self, stage: str) -> str:
        """Whether a stage would have to run: 'missing', 'stale' or 'up to date'.

        A stage is stale too when one that it reads from is. Files that stages wrote are looked for, not read through.
        """
        if stage not in self._states:
            self._states[stage] = self._find_state(stage)
        return self._states[stage]

    def _find_state(self, stage: str) -> str:
        reads = self.reads(stage)
        if reads is None or not all((self._root / out["path"]).exists() for out in self._stages[stage]["outs"]):
            return "missing"
        unchanged = all(
            self.param(file, key) == value for file, values in reads.params.items() for key, value in values.items()
        ) and all(self._unchanged(path, md5) for path, md5 in reads.inputs.items())
        return "up to date" if unchanged else "stale"

    def _unchanged(self, path: str, md5: str) -> bool:
        writer, _ = self._writers.get(path, ("", ""))
        if writer and self.state(writer) != "up to date":
            return False
        return (self._root / path).exists() and self.md5(path) == md5

    def param(self, file: str, key: str) -> Any:
        """The present value of a dotted key; None if there is none."""
        if file not in self._contents:
            self._contents[file] = load_yaml(self._root / file)
        value = self._contents[file]
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


def workspace_reads(root: Path, stage: str, item: Item, lock: Lock | None = None) -> StageReads:
    """What a matrix stage reads now: dvc.yaml says which, the working tree and dvc.lock say what.

    Args:
        root: the project.
        stage: name in dvc.yaml, such as train.
        item: the member of its matrix, in the matrix's order, such as {"dataset": "parity", ...}.
        lock: dvc.lock, where it was read already: it has thousands of lines.
    Raises:
        ValueError: dvc.yaml has no such stage, or it uses a variable that is no `item`.
        FileNotFoundError: a dependency is missing.
    """
    definition = load_yaml(root / PIPELINE).get("stages", {}).get(stage)
    if definition is None:
        raise ValueError(f"{root / PIPELINE}: has no stage {stage}")
    lock = lock or Lock(root)
    inputs = {path: lock.md5(path) for path in _filled_in(definition.get("deps", ()), item)}
    params: dict[str, dict[str, Any]] = {}
    for file, keys in _param_keys(definition.get("params", ())):
        for key in _filled_in(keys, item):
            params.setdefault(file, {})[key] = lock.param(file, key)
    return StageReads(stage_name(stage, item), params, inputs)


def stage_name(stage: str, item: Item) -> str:
    """A matrix member's name in DVC."""
    return f"{stage}@{'-'.join(str(value) for value in item.values())}"


def _whole_entries(path: Path) -> dict[str, Any]:
    """The entries of dvc.lock, without one that is cut short.

    DVC writes the file in place. A stage that runs beside another may read it while that one's entry is written; what
    is missing is then computed from the working tree, to the same md5s.
    """
    for _ in range(_LOCK_READS):
        try:
            stages = load_yaml(path).get("stages") or {}
            break
        except yaml.YAMLError:
            time.sleep(_LOCK_PAUSE_SECONDS)
    else:
        stages = {}
    return {name: entry for name, entry in stages.items() if _is_whole(entry)}


def _is_whole(entry: Any) -> bool:
    """Whether a lock entry is there to its end: its outs come last, and each path has its md5."""
    if not isinstance(entry, Mapping) or not entry.get("outs"):
        return False
    return all(_MD5.fullmatch(str(item.get("md5"))) for item in [*(entry.get("deps") or ()), *entry["outs"]])


def _param_keys(declared: Any) -> Iterator[tuple[str, list[str]]]:
    for entry in declared:
        if isinstance(entry, str):
            yield PARAMS, [entry]
        else:
            yield from entry.items()


def _filled_in(texts: Any, item: Item) -> Iterator[str]:
    for text in texts:
        filled = re.sub(r"\$\{item\.(\w+)\}", lambda match: str(item[match[1]]), text)
        if "${" in filled:
            raise ValueError(f"{PIPELINE}: {text}: only the item of the matrix is understood here")
        yield filled
