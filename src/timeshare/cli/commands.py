"""The commands: what each is called with, an example of each, and what a shell may complete."""

import argparse
from dataclasses import dataclass, field
from typing import Any

_LARGEST_SEED = 1_000_000_000  # as in params.yaml
_LARGEST_PORT = 65_535


@dataclass(frozen=True)
class Argument:
    """What a command is called with.

    Attributes:
        name: or flag.
        keywords: of argparse's add_argument.
        completes: what a shell offers for it: 'file', 'folder', 'stage', or a section of params.yaml whose names it is
            one of; empty: nothing, or its choices.
    """

    name: str
    keywords: dict[str, Any] = field(default_factory=dict)
    completes: str = ""


@dataclass(frozen=True)
class Command:
    """A subcommand: imported only when called, for a process pays for what it imports.

    Attributes:
        module: its `main` takes the arguments by name and returns an exit status, or None for 0. That of a stage takes
            first what params.yaml says.
        purpose: one line for --help.
        arguments: what it is called with.
        examples: command lines for its own --help.
    """

    module: str
    purpose: str
    arguments: tuple[Argument, ...] = ()
    examples: tuple[str, ...] = ()


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _LARGEST_SEED):
        raise argparse.ArgumentTypeError(f"{text!r} is no seed; give a whole number from 0 to {_LARGEST_SEED}")
    return int(text)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= _LARGEST_PORT):
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give a whole number from 1 to {_LARGEST_PORT}")
    return int(text)


_DATASET = (Argument("dataset", {"help": "a name in `datasets` of params.yaml"}, "datasets"),)
_MEMBER = (*_DATASET, Argument("model", {"help": "a name in `models` of params.yaml"}, "models"))
_TRAINED = Argument(
    "model",
    {
        "help": "models/DATASET/MODEL/SEED; DATASET@champion, which `timeshare register` makes; a run's id; or an "
        "address of MLflow's, such as models:/NAME/VERSION"
    },
    "folder",
)
_CLUSTER = Argument(
    "--cluster", {"metavar": "ADDRESS", "help": "of a Dask scheduler: run on its workers (docs/scaling.md)"}
)
# How the texts of a file of one's own are read.
_OWN_TEXTS = (
    Argument("--text", {"metavar": "COLUMN", "help": "the column of the texts; none: it is guessed"}),
    Argument("--label", {"metavar": "COLUMN", "help": "the column of their labels; none: it is guessed"}),
    Argument("--tokeniser", {"help": "what cuts the texts into tokens (docs/data.md); none: it is proposed"}),
)
COMMANDS = {
    "repro": Command(
        "timeshare.tools.repro",
        "run the stages that an edit touched, as dvc repro does, independent ones side by side",
        (
            Argument("--jobs", {"type": int, "default": 2, "help": "stages that run at once; default: 2"}),
            Argument(
                "--dry", {"action": "store_true", "help": "list the stages that would run and say how long; run none"}
            ),
            _CLUSTER,
            Argument("targets", {"nargs": "*", "help": "stages to bring up to date; none: all"}, "stage"),
        ),
        ("timeshare repro", "timeshare repro --dry", "timeshare repro --jobs 4 train@sentences-shared"),
    ),
    "verify": Command(
        "timeshare.tools.verify",
        "compare the outputs here, byte for byte, with those of the committed run; exit 1 where they must not differ",
        (
            Argument(
                "--rev",
                {"metavar": "COMMIT", "default": "HEAD", "help": "whose dvc.lock to compare with; default: HEAD"},
            ),
            Argument(
                "--record", {"action": "store_true", "help": "write what this run was computed by, to be committed"}
            ),
        ),
        ("timeshare verify", "timeshare verify --rev HEAD~1"),
    ),
    "tune": Command(
        "timeshare.tools.tune",
        "choose settings of training by trials: --now; without it, the stage of one dataset with one model",
        (
            Argument("dataset", {"nargs": "?", "help": "one of run.datasets; none, with --now: all"}, "datasets"),
            Argument("model", {"nargs": "?", "help": "one of run.models; none, with --now: all"}, "models"),
            Argument("--now", {"action": "store_true", "help": "tune whether or not tuning.frozen is set"}),
            Argument("--jobs", {"type": int, "default": 1, "help": "fits that run at once; default: 1"}),
            _CLUSTER,
        ),
        ("timeshare tune --now --jobs 2", "timeshare tune --now parity shared"),
    ),
    "look": Command(
        "timeshare.tools.look",
        "show what files of your own hold, and the entry of params.yaml that reads them",
        (
            Argument(
                "files",
                {"nargs": "+", "help": "one file, or those of train, valid and test, told by their names"},
                "file",
            ),
            *_OWN_TEXTS,
            Argument("--rows", {"type": int, "default": 100_000, "help": "rows to look at; 0: all; default: 100000"}),
            Argument(
                "--add",
                {"metavar": "NAME", "help": "enter the dataset in params.yaml by this name, as that of the run"},
            ),
        ),
        (
            "timeshare look data/files/mine.csv",
            "timeshare look data/files/mine.csv --add mine",
            "timeshare look data/files/mine_train.csv data/files/mine_test.csv --text body --label stars",
        ),
    ),
    "init": Command(
        "timeshare.tools.init",
        "make a project of your own in an empty folder",
        (
            Argument(
                "folder", {"nargs": "?", "default": ".", "help": "a new or empty folder; default: this one"}, "folder"
            ),
            Argument(
                "--data",
                {"metavar": "FILE", "help": "a file of your own, the data of the run; none: an example"},
                "file",
            ),
            *_OWN_TEXTS,
        ),
        ("timeshare init reviews --data reviews.csv", "timeshare init trial"),
    ),
    "ui": Command(
        "timeshare.tools.ui",
        "browse the runs on 127.0.0.1, in MLflow's pages",
        (Argument("--port", {"type": _port, "default": 5000, "help": "default: 5000"}),),
        ("timeshare ui", "timeshare ui --port 5001"),
    ),
    "runs": Command(
        "timeshare.tools.runs",
        "list the trained models, seed by seed: their state and their MLflow runs",
        (
            Argument(
                "stage",
                {"nargs": "?", "help": "a DVC stage such as train@parity-shared: list its seeds' runs alone"},
            ),
            Argument("seed", {"nargs": "?", "type": _seed, "help": "a seed: print its run's id alone"}),
        ),
        ("timeshare runs", "timeshare runs train@parity-shared", "timeshare runs train@parity-shared 0"),
    ),
    "register": Command(
        "timeshare.tools.register",
        "put each dataset's best model into the registry, as DATASET@champion for predict, check, serve and export",
        examples=("timeshare register",),
    ),
    "sync": Command(
        "timeshare.tools.sync",
        "send what tracking could not send yet",
        (
            Argument("--timeout", {"type": float, "default": 60.0, "help": "seconds; default: 60"}),
            Argument(
                "--here",
                {"action": "store_true", "help": "send what was recorded for other addresses to the present one"},
            ),
        ),
        ("timeshare sync", "timeshare sync --here --timeout 300"),
    ),
    "predict": Command(
        "timeshare.tools.predict",
        "label texts with a trained model",
        (
            _TRAINED,
            Argument("texts", {"nargs": "*", "help": "the texts; none: one a line from --file or standard input"}),
            Argument("--file", {"help": "a text file, a text a line; - for standard input"}, "file"),
            Argument("--output", {"choices": ("jsonl", "table"), "default": "jsonl", "help": "default: jsonl"}),
            Argument("--interactive", {"action": "store_true", "help": "answer each line at once, as from a keyboard"}),
        ),
        (
            'timeshare predict models/sentences/shared/0 "It was snowing on Monday"',
            "timeshare predict sentences@champion --file texts.txt --output table",
        ),
    ),
    "serve": Command(
        "timeshare.tools.serve",
        "answer requests for labels on 127.0.0.1, with a model of the registry",
        (
            Argument("model", {"help": "DATASET@champion, a run's id, or an address of MLflow's"}),
            Argument("--port", {"type": _port, "default": 5001, "help": "default: 5001"}),
        ),
        ("timeshare serve sentences@champion", "timeshare serve parity@champion --port 8080"),
    ),
    "check": Command(
        "timeshare.tools.check",
        "hold a trained model against a suite of expectations; exit 1 under the bar",
        (
            _TRAINED,
            Argument("suite", {"help": "a .jsonl file such as data/suites/seeds.jsonl"}, "file"),
            Argument(
                "--min-pass", {"type": float, "default": 1.0, "help": "share of cases that must pass; default: 1.0"}
            ),
            Argument("--json", {"help": "write the outcome as JSON to this file"}, "file"),
            Argument("--junit", {"help": "write it as JUnit XML to this file"}, "file"),
            Argument("--html", {"help": "write it as a page to this file"}, "file"),
        ),
        (
            "timeshare check models/sentences/shared/0 data/suites/seeds.jsonl --min-pass 0.9",
            "timeshare check sentences@champion data/suites/seeds.jsonl --junit outcome.xml",
        ),
    ),
    "export": Command(
        "timeshare.tools.export",
        "write a trained model as files that run without torch",
        (
            _TRAINED,
            Argument(
                "folder",
                {"help": "a new folder for the graph, the vocabulary and a script that labels texts"},
                "folder",
            ),
            Argument("--format", {"choices": ("onnx",), "default": "onnx", "help": "default: onnx"}),
        ),
        (
            "timeshare export models/sentences/shared/0 classifier",
            "timeshare export sentences@champion classifier",
        ),
    ),
    "completion": Command(
        "timeshare.cli.completion",
        "print what makes a shell complete commands, options, and names of params.yaml",
        (Argument("shell", {"choices": ("bash", "zsh", "fish")}),),
        (
            'eval "$(timeshare completion bash)"    # in ~/.bashrc',
            'eval "$(timeshare completion zsh)"     # in ~/.zshrc, after compinit',
            "timeshare completion fish | source    # in ~/.config/fish/config.fish",
        ),
    ),
    "download": Command(
        "timeshare.pipeline.download",
        "fetch what a dataset's source keeps elsewhere",
        _DATASET,
        ("timeshare download movie_reviews",),
    ),
    "ingest": Command(
        "timeshare.pipeline.ingest", "read a source into raw tables", _DATASET, ("timeshare ingest parity",)
    ),
    "prepare": Command(
        "timeshare.pipeline.prepare",
        "turn raw tables into matrices of token ids",
        _DATASET,
        ("timeshare prepare parity",),
    ),
    "size": Command(
        "timeshare.pipeline.size",
        "settle extents and hidden sizes for a dataset",
        _DATASET,
        ("timeshare size parity",),
    ),
    "train": Command(
        "timeshare.pipeline.train", "fit one model with each seed", _MEMBER, ("timeshare train parity shared",)
    ),
    "evaluate": Command(
        "timeshare.pipeline.evaluate",
        "ask the models of each seed every question",
        _MEMBER,
        ("timeshare evaluate parity shared",),
    ),
    "study": Command(
        "timeshare.pipeline.study",
        "train what a question needs beside the models of the run",
        (Argument("name", {"help": "a name in `studies` of params.yaml, of run.studies or not"}, "studies"),),
        ("timeshare study memory",),
    ),
    "report": Command("timeshare.pipeline.report", "summarise the run", examples=("timeshare report",)),
    "playground": Command(
        "timeshare.pipeline.playground",
        "make the page in which trained nets run",
        examples=("timeshare playground",),
    ),
}
# Those that DVC runs, in its order.
STAGES = tuple(name for name, command in COMMANDS.items() if command.module.startswith("timeshare.pipeline."))
