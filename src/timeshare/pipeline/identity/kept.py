"""The seeds of a member, each in a folder of its own: which are still true, and which are to be made.

DVC does not remember what a stage whose outputs persist has made of other inputs before. So a note of it is kept for
each seed in .timeshare/made, and the files are in DVC's cache: a parameter that is set back brings those seeds back.
"""

import shutil
from collections.abc import Iterator, Sequence
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from timeshare.core.artifacts import read_json, whole_directory, write_json
from timeshare.core.config.errors import UserError
from timeshare.core.md5 import file_md5s, path_md5
from timeshare.pipeline.identity.reads import MADE_OF, Item, SeedReads, Workspace

_MADE = Path(".timeshare/made")
_NOTE = TypeAdapter(dict[str, str])
_DVC = Path(".dvc")


def seeds_to_make(
    output: Path, stage: str, item: Item, seeds: Sequence[int], *, also: Sequence[Path] = (), clear: bool = True
) -> dict[int, SeedReads]:
    """What a stage has to make in its output; what is still true there stays.

    Args:
        output: folder of the stage's output, with a folder for each seed.
        stage: its name in dvc.yaml.
        item: the member of its matrix.
        seeds: all that the output is to have.
        also: files that the stage reads because settings name them, whether dvc.yaml does or not.
        clear: whether to remove what is there beside them, such as other seeds, and to bring back what was made of the
            same before.
    Returns:
        The seeds to make, in their order, each with what it is made of.
    Raises:
        UserError: something that the stage reads is missing.
    """
    workspace = Workspace(Path())
    reads = {seed: workspace.reads(stage, item, seed, also) for seed in seeds}
    if clear and output.is_dir():
        for path in output.iterdir():
            if path.name not in map(str, seeds):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    missing = {seed: made_of for seed, made_of in reads.items() if not is_true(output / str(seed), made_of)}
    cached = {seed: files for seed, made_of in missing.items() if (files := _cached(made_of))}
    if clear:
        for seed, files in cached.items():
            with seed_folder(output / str(seed), missing[seed]) as folder:
                for name, file in files.items():
                    (folder / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, folder / name)
    return {seed: made_of for seed, made_of in missing.items() if seed not in cached}


@contextmanager
def seed_folder(folder: Path, reads: SeedReads) -> Iterator[Path]:
    """A new folder for a seed, which takes the old one's place when it is whole and says what it was made of."""
    with whole_directory(folder) as scratch:
        yield scratch
        outputs = file_md5s(scratch, MADE_OF)
        write_json(scratch / MADE_OF, {**asdict(reads), "outputs": outputs})
    write_json(_MADE / f"{reads.key}.json", outputs)


def is_true(folder: Path, reads: SeedReads) -> bool:
    """Whether a seed's folder was made of this, and is as it was written."""
    try:
        found = read_json(folder / MADE_OF)
    except UserError:
        return False
    return bool(found == {**asdict(reads), "outputs": file_md5s(folder, MADE_OF)})


def _cached(reads: SeedReads) -> dict[str, Path]:
    """Where DVC's cache has the files that were made of this before, by name; empty unless it has all of them."""
    try:
        outputs = _NOTE.validate_python(read_json(_MADE / f"{reads.key}.json"))
    except (UserError, ValidationError):  # there is none, or it is damaged: then the seed is made
        return {}
    cache = _cache()
    files = {name: cache / md5[:2] / md5[2:] for name, md5 in outputs.items()}
    whole = all(file.is_file() and path_md5(file) == outputs[name] for name, file in files.items())
    return files if whole else {}


def _cache() -> Path:
    """DVC's cache, for which the project may name another folder."""
    config = ConfigParser(interpolation=None, strict=False)
    config.read([_DVC / "config", _DVC / "config.local"], encoding="utf-8")
    return _DVC / config.get("cache", "dir", fallback="cache") / "files/md5"
