"""What the command says of itself, and how its arguments are read."""

import argparse
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from timeshare import __version__
from timeshare.cli.commands import COMMANDS, STAGES

# What people do: a line, and a command to paste.
DEEDS = (
    ("run what an edit of params.yaml or of a file touched; report/index.html then answers", "timeshare repro"),
    ("try a variation of a setting, kept as an experiment", "dvc exp run -S models.shared.hidden_size=128"),
    ("make a text file of your own the data of the run", "timeshare look data/files/mine.csv --add mine"),
    ("browse the runs in MLflow", "timeshare ui"),
    ("ask a trained model", 'timeshare predict models/sentences/shared/0 "It was snowing on Monday"'),
)
# All commands by what they are about; stages come last, for DVC runs them.
GROUPS = {
    "The run and its data": ("repro", "verify", "tune", "look", "init"),
    "What was recorded of it": ("ui", "runs", "register", "sync"),
    "A trained model: its folder, DATASET@champion, a run's id": ("predict", "check", "serve", "export"),
    "The shell": ("completion",),
    "Stages, which `timeshare repro` and `dvc repro` run": STAGES,
}
_WIDTH = 110


def overview() -> str:
    """What people do with an example each, and then every command in a line."""
    deeds = "\n".join(f"  {what}\n      {command}" for what, command in DEEDS)
    groups = "\n\n".join(f"{title}\n" + "\n".join(_line(name) for name in names) for title, names in GROUPS.items())
    return (
        f"What people do with timeshare, in a project's folder:\n\n{deeds}\n\n{groups}\n\n"
        "`timeshare COMMAND --help` says more, with examples; `timeshare --version` says which this is.\n"
        'The key Tab completes commands, options and names after `eval "$(timeshare completion bash)"` '
        "(or zsh, or fish).\n"
    )


def _line(name: str) -> str:
    import textwrap  # Not for a command that runs.

    return textwrap.fill(f"  {name:<12}{COMMANDS[name].purpose}", _WIDTH, subsequent_indent=" " * 14)


class Parser(argparse.ArgumentParser):
    """One that says a mistake in one line."""

    def error(self, message: str) -> NoReturn:
        """Say it, and leave with the status of wrong usage."""
        from timeshare.core.config.errors import fit_for_terminal  # Not for a command that has no mistake.

        self.exit(2, f"{fit_for_terminal(f'{self.prog}: {message}; `{self.prog} --help` shows how')}\n")


def parser(names: Iterable[str] = tuple(COMMANDS)) -> Parser:
    """That of the named commands: of all, or of the one that is called, for each takes time."""
    root = Parser(prog="timeshare", description="Trains and compares ways of sharing weights across time.")
    root.add_argument("--version", action="version", version=f"timeshare {__version__}")
    subparsers = root.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    for name in names:
        command = COMMANDS[name]
        examples = "\n".join(["examples:", *(f"  {example}" for example in command.examples)])
        subparser = subparsers.add_parser(
            name,
            help=command.purpose,
            description=command.purpose,
            epilog=examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        for argument in command.arguments:
            subparser.add_argument(argument.name, **argument.keywords).completes = argument.completes  # type: ignore[attr-defined]
    return root


def parse(arguments: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The command, and what it is called with, by name.

    Raises:
        SystemExit: something is wrong, and has been said, or what was asked for has been printed.
    """
    given = next((argument for argument in arguments if not argument.startswith("-")), None)
    root = parser([given] if given in COMMANDS else COMMANDS)
    if given is not None and given not in COMMANDS:
        root.error(f"there is no command {given!r}{_meant(given, COMMANDS)}")
    found, unknown = root.parse_known_args(arguments)
    values = vars(found)
    name = values.pop("command")
    if unknown:
        flags = [argument.name for argument in COMMANDS[name].arguments if argument.name.startswith("--")]
        root.prog = f"{root.prog} {name}"
        root.error(f"takes no {' '.join(unknown)}{_meant(unknown[0].partition('=')[0], flags)}")
    return name, values


def _meant(given: str, known: Sequence[str] | dict[str, Any]) -> str:
    from timeshare.core.config.spelling import did_you_mean

    return did_you_mean(given, known)
