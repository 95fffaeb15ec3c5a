"""`timeshare init`: what it makes is a project that runs, and what it cannot make it leaves no trace of."""

import errno
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import tiny
from tests.tiny import PARAMS_TEXT
from timeshare.core.config.errors import UserError
from timeshare.params import load_params
from timeshare.tools import init
from timeshare.tools.code import FOLDER, refresh_code

# DVC's own and its dependencies'.
pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]
ROOT = Path.cwd()
TEMPLATES = ROOT / "src/timeshare/tools/templates/project"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # In a checkout the template of params.yaml is a link to the one that its user edits.
    templates = tmp_path_factory.mktemp("templates")
    shutil.copytree(TEMPLATES, templates, ignore=shutil.ignore_patterns("params.yaml"), dirs_exist_ok=True)
    (templates / "params.yaml").write_text(PARAMS_TEXT, encoding="utf-8")
    monkeypatch.setattr(init, "_TEMPLATES", templates)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")


def make(folder: str, **options: Any) -> Path:
    init.main(folder, **{"data": None, "text": None, "label": None, "tokeniser": None, **options})
    return Path(folder)


def in_project(project: Path, *command: str) -> str:
    """What a command prints inside, with the package of this checkout as the installed one."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    source = os.pathsep.join([str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": source}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.pipeline
@pytest.mark.thorough
def test_a_file_becomes_a_project_that_reports_on_it_and_then_has_nothing_to_do() -> None:
    tiny.write_mine(Path())
    project = make("project", data=tiny.MINE["train"])
    content = yaml.safe_load((project / "params.yaml").read_text())
    assert content["run"]["datasets"] == ["mine"]
    content["run"] |= {"models": ["shared", "bag_of_words"], "seeds": [0]}
    content |= {"training": {"max_epochs": 1}, "tracking": {"enabled": False}, "report": {"resamples": 100}}
    (project / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    in_project(project, "timeshare", "repro")
    assert "mine" in (project / "report/index.html").read_text()
    assert "up to date" in in_project(project, "dvc", "repro")
    assert not [line for line in in_project(project, "git", "status", "--short").splitlines() if "data/raw" in line]
    # Another version of the code: its stages are to run again, and those before it are not.
    (project / FOLDER / "train").write_text("another\n")
    assert "train@mine-shared" in in_project(project, "dvc", "status")
    assert in_project(project, "timeshare", "repro", "--dry") == ""


def test_without_a_file_there_is_an_example() -> None:
    project = make("project")
    params = load_params(project / "params.yaml")
    assert (params.run.datasets, params.run.studies) == (("example",), ())
    entry = params.dataset("example").model_dump(exclude_unset=True)
    assert len((project / entry["train"]).read_text().splitlines()) == 3001
    # Its own data is the first that params.yaml shows.
    assert re.search(r"^datasets:.*\n  (\w+):", (project / "params.yaml").read_text(), re.MULTILINE)[1] == "example"  # type: ignore[index]
    assert (project / ".git").is_dir()
    assert (project / "docs/params.schema.json").is_file()


def test_every_stage_names_parts_of_the_installed_package() -> None:
    project = make("project")
    text = (project / "dvc.yaml").read_text()
    assert "src/" not in text
    stages = yaml.safe_load(text)["stages"]
    assert set(stages) == set(yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]) - {"study_code"}
    parts = {dep for stage in stages.values() for dep in stage["deps"] if dep.startswith(FOLDER)}
    assert {str(path.relative_to(project)) for path in (project / FOLDER).iterdir()} == parts
    assert f"{FOLDER}/questions" in stages["study"]["deps"]
    before = {part: (project / part).stat().st_mtime_ns for part in parts}
    refresh_code(project)
    assert {part: (project / part).stat().st_mtime_ns for part in parts} == before
    refresh_code(ROOT)
    assert not (ROOT / FOLDER).exists()


@pytest.mark.parametrize(
    ("template", "original"),
    [
        ("pipeline.yaml", "dvc.yaml"),  # under its own name DVC would run it where it is
        ("params.yaml", "params.yaml"),
        ("dvcignore", ".dvcignore"),
        ("seeds.jsonl", "data/suites/seeds.jsonl"),
        *((f"{name}_by_model.json", f".dvc/plots/{name}_by_model.json") for name in ("lines", "points")),
    ],
)
def test_what_the_package_ships_is_what_the_repository_has(template: str, original: str) -> None:
    assert (TEMPLATES / template).samefile(ROOT / original)


def test_a_name_that_the_catalogue_has_is_made_another() -> None:
    tiny.write_mine(Path())
    Path("data/files/mine.csv").rename("sentences.csv")
    project = make("project", data="sentences.csv")
    assert load_params(project / "params.yaml").run.datasets == ("my_sentences",)


@pytest.mark.parametrize(
    ("folder", "options", "message"),
    [
        ("full", {}, "full: is not empty; name a new folder, and your file by --data FILE"),
        ("full/file", {}, "full/file: is not empty; name a new folder, and your file by --data FILE"),
        ("new", {"data": "absent.csv"}, "absent.csv: no such file; "),
        ("new", {"data": "full/file"}, "full/file: is of no known format; give a file that ends in .csv, "),
        ("new", {"data": "mine.csv", "label": "kind"}, "mine.csv:1: has no column 'kind' (it has text, label); "),
    ],
)
def test_what_it_cannot_make_leaves_nothing_behind(folder: str, options: dict[str, Any], message: str) -> None:
    Path("full").mkdir()
    Path("full/file").touch()
    Path("mine.csv").write_text("text,label\na,x\nb,y\n")
    with pytest.raises(UserError) as caught:
        make(folder, **options)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert {str(path) for path in Path().rglob("*")} == {"full", "full/file", "mine.csv"}


@pytest.mark.parametrize("there", [True, False], ids=["a folder that was there", "a new folder"])
@pytest.mark.parametrize("failing", ["_write_example", "_make_repository", "refresh_code"])
def test_a_full_disk_is_one_line_and_leaves_the_folder_as_it_was(
    monkeypatch: pytest.MonkeyPatch, failing: str, there: bool
) -> None:
    if there:
        Path("project").mkdir()

    def fill(path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(init, failing, fill)
    with pytest.raises(UserError, match=r"^project: cannot be written: No space left on device; make room or "):
        make("project")
    assert list(Path().rglob("*")) == ([Path("project")] if there else [])


# A process that makes projects, each in a child that kills itself at another change of a file, folder or name.
KILLED = """
import os, signal
from timeshare.tools import init

def killing(event, arguments):
    global left
    if event in ("os.rename", "os.mkdir", "os.rmdir") or (event == "open" and "w" in str(arguments[1])):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

def status_of_child(left_to_kill):
    child = os.fork()
    if child == 0:
        globals()["left"] = left_to_kill
        sys.addaudithook(killing)
        init.main(f"project{at}", None, None, None, None)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

import sys
init._write_example = lambda path: path.write_text("text,label\\na,x\\nb,y\\n")
at, status = 1, -9
while status == -9:
    status = status_of_child(at)
    assert status == 0 or (status, status_of_child(-1)) == (-9, 0), at
    at += 8
"""


@pytest.mark.thorough
def test_killed_at_any_moment_it_goes_on_when_called_again() -> None:
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    projects = list(Path().glob("project*"))
    assert len(projects) > 5
    for project in projects:
        assert load_params(project / "params.yaml").run.datasets == ("example",)
        assert {path.name for path in project.iterdir()} == {path.name for path in projects[0].iterdir()}
        assert not list(project.glob(".timeshare-init*"))
    in_project(projects[-1], "git", "status")
    in_project(projects[-1], "timeshare", "repro", "--dry")


def test_what_a_kill_left_to_be_moved_is_moved_over_nothing_of_the_users() -> None:
    project = make("project")
    there = {path.name for path in project.iterdir()}
    (project / init._WHOLE).mkdir()
    for name in (".dvc", "docs", "params.yaml"):
        (project / name).rename(project / init._WHOLE / name)
    (project / "docs").write_text("mine")
    with pytest.raises(UserError, match=r"^project/docs: is in the way of project/\S+/docs, .*; move it away$"):
        make("project")
    (project / "docs").unlink()
    make("project")
    assert {path.name for path in project.iterdir()} == there


def test_what_git_says_against_it_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    git = tmp_path / "bin/git"
    git.parent.mkdir()
    git.write_text("#!/bin/sh\necho 'fatal: for\n this reason' >&2\nexit 128\n")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", str(git.parent), prepend=os.pathsep)
    with pytest.raises(UserError, match=r"^project: git cannot begin here \(fatal: for this reason\)$"):
        make("project")
    assert not Path("project").exists()


def test_folders_and_files_may_have_any_name(capsys: pytest.CaptureFixture[str]) -> None:
    Path("é's [1] %20?#.csv").write_text("text,label\n" + "".join(f"text {n},{n % 2}\n" for n in range(20)))
    project = make("my é's [1] %2F?# project", data="é's [1] %20?#.csv")
    assert (
        load_params(project / "params.yaml").dataset("s_1_20").model_dump()["train"] == "data/files/é's [1] %20?#.csv"
    )
    (go,) = re.findall("`(cd .*)`, then", capsys.readouterr().out)
    assert subprocess.run(f"{go} && test -f dvc.yaml", shell=True, check=False).returncode == 0
