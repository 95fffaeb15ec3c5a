"""What the command says of itself: examples and hints that can be pasted, and what a misspelt word was meant to be."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from dvc.cli.parser import get_main_parser

from timeshare import cli
from timeshare.cli import COMMANDS
from timeshare.cli.usage import DEEDS, GROUPS, parse

SOURCE = Path("src/timeshare")
TARGETS = re.findall(r"^([a-z-]+):", Path("Makefile").read_text(), flags=re.MULTILINE)


def check_command_line(line: str) -> None:
    """Make sure that the program whose command line it is would take it."""
    program, *arguments = shlex.split(line.replace("COMMAND", "train"), comments=True)
    if program == "eval":
        program, *arguments = shlex.split(arguments[0].removeprefix("$(").removesuffix(")"))
    arguments = arguments[: arguments.index("|")] if "|" in arguments else arguments
    if program == "timeshare":
        if not {"--help", "--version"} & {*arguments}:  # which end it
            parse(arguments)
    elif program == "dvc":
        get_main_parser().parse_args(arguments)
    else:
        assert (program, arguments[0] in TARGETS) == ("make", True)


@pytest.mark.parametrize("line", [line for _, line in DEEDS], ids=str)
def test_what_people_do_can_be_pasted(line: str) -> None:
    check_command_line(line)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_examples_that_can_be_pasted(name: str) -> None:
    assert COMMANDS[name].examples
    for example in COMMANDS[name].examples:
        assert f"timeshare {name}" in example
        check_command_line(example)


def hints() -> Iterator[str]:
    """The commands in backticks of all texts in the code but docstrings, with 1 for what is filled in."""
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if id(node) in prose | parts:
                continue
            text = ""
            if isinstance(node, ast.JoinedStr):
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "1" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            yield from re.findall(r"`((?:timeshare|dvc|make) [^`]+)`", text)


HINTS = sorted(set(hints()))


@pytest.mark.parametrize("line", HINTS, ids=str)
def test_what_a_message_tells_to_run_can_be_pasted(line: str) -> None:
    check_command_line(line)


def test_a_project_without_a_makefile_is_told_of_none() -> None:
    made = {line for line in HINTS if line.startswith("make")}
    assert made == {"make bench-batching", "make schema", "make setup"}  # of clones, or with another way beside


def test_the_overview_has_each_command_once_and_stages_last(capsys: pytest.CaptureFixture[str]) -> None:
    named = [name for names in GROUPS.values() for name in names]
    assert sorted(named) == sorted(COMMANDS)
    assert cli.run([]) == 0
    shown = capsys.readouterr().out
    places = [shown.index(f"\n  {name:<12}") for name in named]
    assert places == sorted(places)
    assert all(shown.index(line) < places[0] for _, line in DEEDS)
    assert f"```\n{shown}```\n" in Path("docs/commands.md").read_text()
    assert cli.run(["--help"]) == 0
    assert capsys.readouterr().out == shown


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("trian parity shared", "train"),
        ("registre", "register"),
        ("repro --jbos 2", "--jobs"),
        ("check models/a/b/0 s.jsonl --min-pas=1 --junti=x", "--junit"),
        ("xyzzy", None),
        ("train parity", None),
        ("predict m a --output tabel", None),
    ],
    ids=str,
)
def test_a_mistake_is_one_line_with_what_was_meant(
    capsys: pytest.CaptureFixture[str], line: str, meant: str | None
) -> None:
    assert cli.run(line.split()) == 2
    out, said = capsys.readouterr()
    assert (out, said.count("\n")) == ("", 1)
    assert re.findall(r"did you mean (\S+)\?", said) == ([meant] if meant else [])
    assert "--help` shows how" in said
