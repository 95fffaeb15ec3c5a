"""What shells complete: asked of the shells themselves, where they are installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from timeshare import cli

pytestmark = pytest.mark.integration
PARAMS = """\
# datasets: no section
run: {datasets: [parity]}
datasets: # the catalogue
  parity:
    source: formal
  parting: {source: files,
            train: x}
models:
  shared: {encoder: lstm}

  # a comment
  unshared: {encoder: lstm}
studies:
    memory: {study: memory}
"""
CASES = [
    ("timeshare tra", ["train"]),
    ("timeshare repro --jo", ["--jobs"]),
    ("timeshare train par", ["parity", "parting"]),
    ("timeshare train parity unsh", ["unshared"]),
    ("timeshare tune --now parity sha", ["shared"]),
    ("timeshare study mem", ["memory"]),
    ("timeshare repro study@", ["study@memory"]),
    ("timeshare repro size study@me", ["study@memory"]),
    ("timeshare completion fi", ["fish"]),
    ("timeshare check models ca", ["cases.jsonl"]),
]
# As bash asks, for which a word ends before and after @.
ASKING = {
    "bash": "COMP_LINE=$1; COMP_POINT=${#1}; COMP_WORDS=(${1//@/ @ }); COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )); "
    "_shtab_timeshare; echo ${COMPREPLY[@]}",
    "fish": "complete -C $argv[1] | string replace -r '\\t.*' ''; true",
}


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scripts")
    for shell in ASKING:
        with pytest.MonkeyPatch.context() as patch, (folder / shell).open("w") as file:
            patch.setattr("sys.stdout", file)
            assert cli.run(["completion", shell]) == 0
    return folder


@pytest.mark.parametrize("shell", ASKING)
def test_commands_options_and_names_are_completed(tmp_path: Path, scripts: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "params.yaml").write_text(PARAMS)
    (tmp_path / "cases.jsonl").touch()
    for line, expected in CASES:
        arguments = [line] if shell == "fish" else [shell, line]
        asked = subprocess.run(
            [shell, "-c", f"source {scripts / shell}; {ASKING[shell]}", *arguments],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        wanted = [word.rpartition("@")[2] for word in expected] if shell == "bash" else expected
        assert (asked.stdout.split(), asked.stderr) == (wanted, ""), line


def test_outside_a_project_no_name_is_offered_and_nothing_is_said(tmp_path: Path, scripts: Path) -> None:
    command = f"source {scripts / 'bash'}; {ASKING['bash']}"
    asked = subprocess.run(
        ["bash", "-c", command, "bash", "timeshare train par"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert (asked.stdout.split(), asked.stderr) == ([], "")


def test_what_can_be_no_name_is_neither_offered_nor_run(tmp_path: Path, scripts: Path) -> None:
    (tmp_path / "params.yaml").write_text("datasets:\n  parity$(touch${IFS}run): {source: formal}\n  parting: {}\n")
    command = f"source {scripts / 'bash'}; {ASKING['bash']}"
    asked = subprocess.run(
        ["bash", "-c", command, "bash", "timeshare train par"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert (asked.stdout.split(), asked.stderr) == (["parting"], "")
    assert not (tmp_path / "run").exists()


def test_zsh_is_given_functions_that_read_the_project_as_the_others_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["completion", "zsh"]) == 0
    script = capsys.readouterr().out
    for section in ("datasets", "models", "studies"):
        assert f":_timeshare_offer_{section}" in script
        assert f"_timeshare_offer_{section}() {{ compadd" in script
