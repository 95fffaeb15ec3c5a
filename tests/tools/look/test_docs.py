"""The pages' way to one's own data: what they say to type and to write works as it stands."""

import re
import shlex
from pathlib import Path

import pytest

from tests.tiny import PARAMS_TEXT
from timeshare.cli import run
from timeshare.params import load_params

PAGES = {Path(name): Path(name).read_text(encoding="utf-8") for name in ("docs/data.md", "README.md")}


@pytest.fixture(params=PAGES, ids=str)
def blocks(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The page's section on one's own data, block by block and by language, in a project with the file it names."""
    section = re.search(r"^## Your own (?:data|text)\n(.*?)^## ", PAGES[request.param], re.DOTALL | re.MULTILINE)
    assert section is not None
    found: dict[str, list[str]] = {"": [], "yaml": []}
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", section[1], re.DOTALL | re.MULTILINE):
        found[language].append(block)
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(PARAMS_TEXT, encoding="utf-8")
    file = Path(re.findall(r"data/files/\w+\.csv", section[1])[0])
    columns = dict(re.findall(r"^ +(text|label): (\w+)", found["yaml"][0], re.MULTILINE))
    file.parent.mkdir(parents=True)
    rows = [f"It is number {number}.,{'ab'[number % 2]}" for number in range(40)]
    file.write_text("\n".join([f"{columns['text']},{columns['label']}", *rows]) + "\n")
    return found


def test_the_commands_make_it_the_data_of_the_run(blocks: dict[str, list[str]]) -> None:
    commands = [shlex.split(line.removeprefix("$ "), comments=True) for line in blocks[""][0].splitlines()]
    for program, *arguments in commands:
        if program == "timeshare" and arguments[0] == "look":
            assert run(arguments) == 0
    (name,) = load_params().run.datasets
    assert load_params().dataset(name).source == "files"
    assert load_params().run.studies == ()


def test_the_lines_that_are_written_by_hand_are_the_same(blocks: dict[str, list[str]]) -> None:
    entry, members = blocks["yaml"]
    text = PARAMS_TEXT
    for line in members.splitlines():
        text = re.sub(rf"^{line.partition(':')[0]}:.*$", line.partition(" #")[0], text, count=1, flags=re.MULTILINE)
    Path("params.yaml").write_text(text.replace("\n  sentences:", f"\n{entry}  sentences:", 1), encoding="utf-8")
    (name,) = load_params().run.datasets
    assert load_params().dataset(name).source == "files"
    assert load_params().run.studies == ()
