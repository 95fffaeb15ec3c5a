"""`timeshare init`: a project of the user's own in an empty folder, which reads the installed package."""

import csv
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dvc.exceptions import DvcException
from dvc.repo import Repo

from timeshare.core.config.errors import UserError
from timeshare.params import load_params, schema
from timeshare.tools.code import name_code, refresh_code
from timeshare.tools.look.command import look_at
from timeshare.tools.look.entry import enter

_TEMPLATES = Path(__file__).parent / "templates/project"
_COPIES = {
    "params.yaml": "params.yaml",
    "dvcignore": ".dvcignore",
    "gitignore": ".gitignore",
    "seeds.jsonl": "data/suites/seeds.jsonl",
    "lines_by_model.json": ".dvc/plots/lines_by_model.json",
    "points_by_model.json": ".dvc/plots/points_by_model.json",
}
# DVC takes a folder only if it is there, and git keeps one only if it holds something.
_PURPOSES = {
    "data/files": "Files of your own go here (CSV, TSV, JSON, JSONL, Parquet, Excel), and params.yaml names them.",
    "data/vectors": "Pretrained word vectors go here, and `training.vectors` in params.yaml names the file.",
    "studies": "What `timeshare repro` writes of each study of `run.studies`.",
    "tuning": "What `timeshare tune` chooses for each model.",
}
_CONFIG = "[core]\n    analytics = false\n    autostage = false\n"
_EXAMPLE = "example"
# In the folder of the project: where it is made, and what that is called once it is whole.
_PARTIAL, _WHOLE = ".timeshare-init-partial", ".timeshare-init-whole"
_README = """# A project of timeshare

    timeshare repro        # runs what an edit of params.yaml or of a file touched; then see report/index.html
    timeshare look FILE    # what a file holds; with --add NAME it becomes the data of the run
    timeshare ui

params.yaml sets everything; docs/params.md explains every key. The code is the installed package: `timeshare repro`
notices when it is another version (timeshare_code/), while `dvc repro` alone does not.
"""


def main(folder: str, data: str | None, text: str | None, label: str | None, tokeniser: str | None) -> None:
    """Write params.yaml, dvc.yaml and what they need, with git and DVC ready; where it was killed, go on.

    Args:
        folder: a new or empty one.
        data: a file that becomes the data of the run; None: an example does.
        text: its column of texts; None: guessed.
        label: that of the labels; None: guessed.
        tokeniser: what cuts the texts; None: proposed.
    Raises:
        UserError: the folder is not empty, or the file cannot be the data of a run.
    """
    target = Path(folder)
    if not (target / _WHOLE).is_dir():
        if target.exists() and not (target.is_dir() and all(path.name == _PARTIAL for path in target.iterdir())):
            raise UserError(f"{folder}: is not empty; name a new folder, and your file by --data FILE")
        if data is not None:
            name, entry = look_at({0: data}, text, label, tokeniser)
            entry["train"] = f"data/files/{Path(data).name}"
        else:
            name, entry = _EXAMPLE, {"source": "files", "train": f"data/files/{_EXAMPLE}.csv"}
        with _made_whole(target) as made:
            _make_repository(made)
            _write(made)
            if data is not None:
                shutil.copyfile(data, made / entry["train"])
            else:
                _write_example(made / entry["train"])
            _enter(made / "params.yaml", name, entry)
    _move_up(target)
    params = load_params(target / "params.yaml")
    file = params.dataset(params.run.datasets[0]).model_dump()["train"]
    print(f"\n{target}: is a project whose run is of {file}; `cd {shlex.quote(folder)}`, then `timeshare repro`")


@contextmanager
def _made_whole(target: Path) -> Iterator[Path]:
    """A folder in the target, where a kill leaves nothing else; if the block does not end well the target is as it was.

    Raises:
        UserError: it cannot be written.
    """
    was_there, made = target.exists(), target / _PARTIAL
    try:
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        yield made
        made.rename(target / _WHOLE)
    except BaseException as error:
        shutil.rmtree(made, ignore_errors=True)
        if not was_there:
            with suppress(OSError):
                target.rmdir()
        if isinstance(error, OSError):
            raise UserError(f"{target}: cannot be written: {error.strerror}; make room or give access") from None
        raise


def _move_up(target: Path) -> None:
    """Move a whole project from the folder that it was made in to its place, or what a kill has left there of it."""
    whole = target / _WHOLE
    for path in whole.iterdir():
        place = target / path.name
        if place.exists():
            raise UserError(f"{place}: is in the way of {path}, which `timeshare init` was to put there; move it away")
        path.rename(place)
    whole.rmdir()


def _write(target: Path) -> None:
    for name, purpose in _PURPOSES.items():
        (target / name).mkdir(parents=True)
        (target / name / "README.md").write_text(f"{purpose}\n", encoding="utf-8")
    for source, copy in _COPIES.items():
        (target / copy).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_TEMPLATES / source, target / copy)
    (target / "README.md").write_text(_README, encoding="utf-8")
    (target / "docs").mkdir()
    schema.write(target / "docs")
    (target / "dvc.yaml").write_text(
        _pipeline((_TEMPLATES / "pipeline.yaml").read_text(encoding="utf-8")), encoding="utf-8"
    )
    refresh_code(target)


def _pipeline(text: str) -> str:
    """dvc.yaml of a project that reads an installed package: without what the repository alone has."""
    text = re.sub(r"\n(?:  #[^\n]*\n)*  study_code:\n(?:(?:    [^\n]*)?\n)*", "\n", text)
    text = text.replace("- data/study_code\n", "- src/timeshare/questions\n")
    text = text.replace("      - benchmarks/measured\n", "")
    head = "# timeshare_code/ stands for the code of the installed package; `timeshare repro` keeps it up to date.\n"
    return head + name_code(text[text.index("stages:") :])


def _enter(params: Path, name: str, entry: dict[str, Any]) -> None:
    taken = load_params(params).datasets
    enter(params, f"my_{name}" if name in taken else name, entry)


def _write_example(path: Path) -> None:
    """Three thousand sentences of the package's grammar, by the kind of thing that they speak of."""
    from timeshare.sources.sentences import SentencesSettings
    from timeshare.sources.sentences.generate import read

    settings = SentencesSettings(source="sentences", train_size=3000, valid_size=1, test_size=1, probe_groups=1)
    raw = read(_EXAMPLE, settings)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("text", "label"))
        for batch in raw.splits["train"]:
            writer.writerows((row["text"], row["label"]) for row in batch.to_pylist())


def _make_repository(target: Path) -> None:
    """Make it a repository of git, if there is git and no repository around it, and of DVC.

    Args:
        target: in the folder that the user knows.
    """
    git = shutil.which("git")
    inside = git and subprocess.run([git, "rev-parse"], cwd=target, capture_output=True, check=False).returncode == 0
    if git and not inside:
        made = subprocess.run([git, "init", "--quiet"], cwd=target, capture_output=True, text=True, check=False)
        if made.returncode:
            reason = " ".join(made.stderr.split()) or f"its exit status is {made.returncode}"
            raise UserError(f"{target.parent}: git cannot begin here ({reason})")
    try:
        Repo.init(str(target), no_scm=not git, subdir=bool(inside)).close()
    except DvcException as error:
        raise UserError(f"{target.parent}: DVC cannot begin here ({' '.join(str(error).split())})") from None
    (target / ".dvc/config").write_text(_CONFIG if git else f"{_CONFIG}    no_scm = true\n", encoding="utf-8")
