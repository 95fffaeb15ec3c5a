"""What a seed of a member is made of: the parameters, and the md5 of each file and folder, that its stage reads.

They are those that dvc.yaml names for the stage, with the md5s that DVC gives them. So dvc.lock states the same facts
once the stage is done, and an entry of it leads to the MLflow runs of its seeds. Files that settings name and dvc.yaml
does not come on top: DVC sees no change of them, but a stage that is forced to run must.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from timeshare.core.artifacts import digest, read_json
from timeshare.core.config.errors import UserError
from timeshare.core.md5 import lies_in, path_md5
from timeshare.core.numerals import read_numbers_as_dvc

# A member of a matrix, by the names of the matrix.
Item = Mapping[str, str]

PIPELINE, PARAMS = "dvc.yaml", "params.yaml"
# In each seed's folder: what it was made of, and what the stage wrote there.
MADE_OF = "made_of.json"
SEEDS = "run.seeds"
# Outputs with a folder for each seed; a seed is made of its own folder there, whatever lies beside it.
_BY_SEED = ("models/", "results/")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # the fast one where it is built in
    """YAML as DVC reads and writes it."""


read_numbers_as_dvc(_Loader)


def load_yaml(path: Path) -> Any:
    """Read a YAML file the way DVC does; an absent file is empty."""
    try:
        return parse_yaml(path.read_bytes())
    except FileNotFoundError:
        return {}


def parse_yaml(content: bytes | str) -> Any:
    """What YAML says, the way DVC reads it."""
    return yaml.load(content, Loader=_Loader) or {}  # noqa: S506 - a SafeLoader


@dataclass(frozen=True)
class SeedReads:
    """What a stage reads for one seed of a member.

    Attributes:
        stage: its name in DVC, such as train@parity-shared.
        seed: the seed; which others run with it is no part of this.
        params: values by file and dotted key.
        inputs: md5 by path, a folder's ending in `.dir`.
    """

    stage: str
    seed: int
    params: Mapping[str, Mapping[str, Any]]
    inputs: Mapping[str, str]

    @property
    def key(self) -> str:
        """Digest of the whole: what reads the same has the same key."""
        return digest(asdict(self))

    @classmethod
    def of_folder(cls, folder: Path) -> Self:
        """What a seed's folder says that it was made of.

        Raises:
            UserError: it does not say so.
        """
        content = read_json(folder / MADE_OF)
        try:
            return cls(**{name: content[name] for name in ("stage", "seed", "params", "inputs")})
        except (KeyError, TypeError):
            raise UserError(f"{folder / MADE_OF}: is damaged; remove {folder} and run `dvc repro`") from None


class Workspace:
    """What stages would read now; every file is read once, however many seeds and members are asked about."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ignored = ignored_names(root)
        self._stages = _stages(root / PIPELINE)
        self._md5s: dict[str, str] = {}
        self._contents: dict[str, Any] = {}

    def reads(self, stage: str, item: Item, seed: int, also: Sequence[Path] = ()) -> SeedReads:
        """What a stage would read for a seed.

        Args:
            stage: name in dvc.yaml, such as train.
            item: the member of its matrix, in the matrix's order, such as {"dataset": "parity", "model": "shared"}.
            seed: the seed.
            also: files that it reads because settings name them; absent ones are left out.
        Raises:
            ValueError: dvc.yaml has no such stage, or it uses a variable that is no `item`.
            UserError: a file or folder that dvc.yaml names for it is missing.
        """
        definition = self._definition(stage)
        paths = (path + f"/{seed}" * path.startswith(_BY_SEED) for path in _filled_in(definition.get("deps", ()), item))
        params: dict[str, dict[str, Any]] = {}
        for file, keys in _param_keys(definition.get("params", ())):
            for key in _filled_in(keys, item):
                if key != SEEDS:
                    params.setdefault(file, {})[key] = self.param(file, key)
        inputs = {path: self.md5(path) for path in paths}
        inputs |= {self._name(one): path_md5(self.root / one) for one in self.unwatched(stage, item, also)}
        return SeedReads(stage_name(stage, item), seed, params, inputs)

    def unwatched(self, stage: str, item: Item, files: Sequence[Path]) -> list[Path]:
        """Those of some files (relative to the root, or absolute) that exist and that no dependency of a stage has."""
        watched = [self.root / dep for dep in _filled_in(self._definition(stage).get("deps", ()), item)]
        return [
            file
            for file in files
            if (self.root / file).is_file() and not any(lies_in(self.root / file, folder) for folder in watched)
        ]

    def _definition(self, stage: str) -> Mapping[str, Any]:
        if not self._stages:
            raise UserError(f"{self.root / PIPELINE}: has no stage; take it from git")
        definition: Mapping[str, Any] | None = self._stages.get(stage)
        if definition is None:
            raise ValueError(f"{self.root / PIPELINE}: has no stage {stage}")
        return definition

    def _name(self, file: Path) -> str:
        """What a file is called in `inputs`: outside the root its name alone, so that no machine's paths are there."""
        place, root = (self.root / file).resolve(), self.root.resolve()
        return place.relative_to(root).as_posix() if place.is_relative_to(root) else place.name

    def md5(self, path: str) -> str:
        """The md5 of a path.

        Raises:
            UserError: there is nothing.
        """
        if path not in self._md5s:
            # What a seed's folder says of itself is no part of what others read in it.
            ignored = (*self._ignored, MADE_OF) if path.startswith(_BY_SEED) else self._ignored
            try:
                self._md5s[path] = path_md5(self.root / path, ignored)
            except FileNotFoundError:
                raise UserError(f"{path}: no such file or folder; `dvc repro` makes what the stage reads") from None
        return self._md5s[path]

    def param(self, file: str, key: str) -> Any:
        """The present value of a dotted key; None if there is none."""
        if file not in self._contents:
            self._contents[file] = load_yaml(self.root / file)
        value = self._contents[file]
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


def _stages(path: Path) -> Mapping[str, Any]:
    """What dvc.yaml says of each stage."""
    try:
        stages = load_yaml(path).get("stages") or {}
    except (yaml.YAMLError, AttributeError) as error:
        raise UserError(f"{path}: is no pipeline of DVC's: {' '.join(str(error).split())}; take it from git") from None
    return dict(stages)


def stage_name(stage: str, item: Item) -> str:
    """A matrix member's name in DVC."""
    return f"{stage}@{'-'.join(item.values())}"


def ignored_names(root: Path) -> tuple[str, ...]:
    """The plain name patterns of .dvcignore."""
    try:
        lines = (root / ".dvcignore").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ()
    return tuple(line.strip().rstrip("/") for line in lines if line.strip() and not line.startswith("#"))


def _param_keys(declared: Any) -> Iterator[tuple[str, list[str]]]:
    for entry in declared:
        if isinstance(entry, str):
            yield PARAMS, [entry]
        else:
            yield from entry.items()


def _filled_in(texts: Any, item: Item) -> Iterator[str]:
    for text in texts:
        filled = re.sub(r"\$\{item\.(\w+)\}", lambda match: item[match[1]], text)
        if "${" in filled:
            raise ValueError(f"{PIPELINE}: {text}: only the item of the matrix is understood here")
        yield filled
