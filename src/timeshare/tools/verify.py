"""`timeshare verify`: is what lies here, byte for byte, what the committed run made?

dvc.lock names the md5 of every output, and git keeps it. What that run was computed by is in reproduction.json, which
`--record` writes to be committed with dvc.lock: no stage writes it or reads it, so no output depends on the machine.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from timeshare.core.arithmetic import portable_variables
from timeshare.core.artifacts import digest, write_json
from timeshare.core.config.errors import UserError
from timeshare.core.md5 import path_md5
from timeshare.params import Params, load_params
from timeshare.pipeline.commit import git_output
from timeshare.pipeline.identity.reads import ignored_names
from timeshare.tools.machine import machine

RECORD = "reproduction.json"
LOCK, METRICS = "dvc.lock", "report/metrics.json"
_MOST_NAMED = 3


@dataclass(frozen=True)
class Output:
    """An output of the committed run.

    Attributes:
        path: of the file or folder.
        stage: that makes it.
        md5: what it was.
        found: what it is here; None: it is not.
    """

    path: str
    stage: str
    md5: str
    found: str | None

    @property
    def is_equal(self) -> bool:
        """Whether it is byte for byte the same."""
        return self.found == self.md5


def main(rev: str, record: bool) -> int:
    """Compare the outputs here with those of a commit, or record what those here were computed by.

    Args:
        rev: the commit, in any of git's ways to name one.
        record: write reproduction.json of the outputs that dvc.lock names now.
    Returns:
        0, or 1 where an output is missing or differs, though equal bytes are promised.
    Raises:
        UserError: there is no such commit, or dvc.lock cannot be read.
    """
    root, params = Path(), load_params()
    if record:
        _record(root, params)
        return 0
    commit = git_output(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
    if commit is None:
        raise UserError(f"{rev}: is no commit of a git repository here; name one with --rev")
    lock = git_output(root, "show", f"{commit.strip()}:./{LOCK}")
    if lock is None:
        raise UserError(f"{LOCK}: is not in commit {rev}; commit it after a `dvc repro`, or name another with --rev")
    stages = _stages(lock, f"{LOCK} of {rev}")
    outputs = list(_outputs(root, stages))
    others = [output for output in outputs if not output.is_equal]
    named = f"{rev}, {commit[:10]}" if not commit.startswith(rev) else commit[:10]
    print(
        f"{'not ' if others else ''}reproduced: {len(outputs) - len(others)} of {len(outputs)} outputs are those of "
        f"the committed run ({named})"
    )
    here = _stages((root / LOCK).read_text(encoding="utf-8"), LOCK) if (root / LOCK).exists() else {}
    for output in others:
        print(f"  {output.path}: {_why(output, stages, here, params)}")
    _print_machines(git_output(root, "show", f"{commit.strip()}:./{RECORD}"), machine(params.trainer.arithmetic))
    if not others:
        print(f"digest of all md5s: {_digest(outputs)}")
        return 0
    unpromised = _unpromised(params)
    if unpromised is None:
        return 1
    print(f"equal bytes are not promised here: {unpromised}; so, how far the figures are apart:")
    _print_figures(root, git_output(root, "show", f"{commit.strip()}:./{METRICS}"))
    return 0


def reproduced(root: Path) -> str | None:
    """The line that says that dvc.lock names the very outputs that HEAD's does; None: it does not, or there is none."""
    committed, here = git_output(root, "show", f"HEAD:./{LOCK}"), root / LOCK
    if committed is None or not here.exists():
        return None
    md5s = _md5s(_stages(committed, f"{LOCK} of HEAD"))
    if not md5s or md5s != _md5s(_stages(here.read_text(encoding="utf-8"), LOCK)):
        return None
    return f"reproduced: {len(md5s)} of {len(md5s)} outputs are those of the committed run"


def _md5s(stages: Mapping[str, Any]) -> dict[str, str]:
    return {out["path"]: out["md5"] for entry in stages.values() for out in entry.get("outs", ())}


def _record(root: Path, params: Params) -> None:
    """Write reproduction.json, of this machine.

    Raises:
        UserError: what is here is not what dvc.lock names.
    """
    if not (root / LOCK).exists():
        raise UserError(f"{LOCK}: no such file; `dvc repro` makes it")
    outputs = list(_outputs(root, _stages((root / LOCK).read_text(encoding="utf-8"), LOCK)))
    others = [output.path for output in outputs if not output.is_equal]
    if others:
        raise UserError(
            f"{others[0]}: is not what {LOCK} names (nor are {len(others) - 1} more); run `dvc repro` first"
        )
    content = {"outputs": len(outputs), "digest": _digest(outputs), **machine(params.trainer.arithmetic)}
    write_json(root / RECORD, content)
    print(f"{RECORD}: of {len(outputs)} outputs; commit it with {LOCK}. Its line for docs/determinism.md:")
    versions = content["versions"]
    print(
        f"| {content['processor']} | {content['vectors']} | {content['arithmetic']} | {versions['torch']} | "
        f"{versions['libc']} | `{content['digest']}` |"
    )


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # the fast one where it is built in
    pass


def _stages(text: str, where: str) -> dict[str, Any]:
    """The entries of a dvc.lock."""
    try:
        stages = yaml.load(text, Loader=_Loader)["stages"]  # noqa: S506 - a SafeLoader
        return {name: entry for name, entry in stages.items() if all("md5" in out for out in entry.get("outs", ()))}
    except (yaml.YAMLError, TypeError, KeyError, AttributeError):
        raise UserError(f"{where}: is damaged; take it from git") from None


def _outputs(root: Path, stages: Mapping[str, Any]) -> Iterator[Output]:
    ignored = ignored_names(root)
    for stage, entry in stages.items():
        for out in entry.get("outs", ()):
            try:
                found = path_md5(root / out["path"], ignored)
            except FileNotFoundError:
                found = None
            yield Output(out["path"], stage, out["md5"], found)


def _is_run(stage: str, params: Params) -> bool:
    """Whether a stage of another commit's dvc.lock is one of the present run."""
    run, of = params.run, stage.partition("@")[2]
    members = {f"{dataset}-{model}" for dataset in run.datasets for model in run.models}
    return not of or of in {*run.datasets, *run.studies, *members}


def _digest(outputs: list[Output]) -> str:
    return digest({output.path: output.md5 for output in outputs})[:32]


def _why(output: Output, there: Mapping[str, Any], here: Mapping[str, Any], params: Params) -> str:
    """What is known of why an output is not the committed one."""
    if output.found is None:
        makes = f"`dvc repro {output.stage}` makes it"
        return (
            f"missing; {makes if _is_run(output.stage, params) else 'it is not part of the run that params.yaml names'}"
        )
    entry = here.get(output.stage)
    if entry is None:
        return f"differs; {LOCK} does not know what it was made of"
    if all(out["md5"] != output.found for out in entry.get("outs", ()) if out["path"] == output.path):
        return f"differs, and is not what {LOCK} names here either; `dvc repro` makes it anew"
    changed = [
        *_changed(_params_of(there[output.stage]), _params_of(entry)),
        *_changed(_inputs_of(there[output.stage]), _inputs_of(entry)),
    ]
    if not changed:
        return "differs, and was made of the very same"
    more = f" and {len(changed) - _MOST_NAMED} more" if len(changed) > _MOST_NAMED else ""
    return f"differs, and was made of other {', '.join(changed[:_MOST_NAMED])}{more}"


def _params_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for values in entry.get("params", {}).values() for key, value in values.items()}


def _inputs_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {dependency["path"]: dependency["md5"] for dependency in entry.get("deps", ())}


def _changed(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    return [name for name in {**there, **here} if (name in there, there.get(name)) != (name in here, here.get(name))]


def _print_machines(recorded: str | None, here: Mapping[str, Any]) -> None:
    """Both machines, and the versions that they do not share."""
    if recorded is None:
        print(f"committed run: of a machine that no {RECORD} tells of; `timeshare verify --record` writes it")
        there: dict[str, Any] = {}
    else:
        there = json.loads(recorded)
        print(f"committed run: {_said(there)}")
    print(f"here:          {_said(here)}")
    versions = there.get("versions", {})
    apart = _changed(versions, here["versions"]) if versions else []
    for name in apart:
        print(f"  {name}: {versions.get(name, 'none')} there, {here['versions'].get(name, 'none')} here")
    if versions and not apart:
        print(f"  the same versions of all {len(versions)}: {', '.join(versions)}")


def _said(of: Mapping[str, Any]) -> str:
    return f"{of['processor']} ({of['vectors']}), arithmetic {of['arithmetic']}"


def _unpromised(params: Params) -> str | None:
    """Why this machine need not give the committed bytes; None: it must."""
    if params.trainer.arithmetic == "native":
        return "trainer.arithmetic is native"
    if not portable_variables():
        return "this processor is not of x86-64 with AVX2"
    if params.trainer.accelerator != "cpu":
        import torch  # not where everything is equal

        if torch.accelerator.is_available():
            return "an accelerator trains; trainer.accelerator: cpu leaves it out"
    return None


def _print_figures(root: Path, committed: str | None) -> None:
    """The means of both reports side by side, and where they are furthest apart."""
    if committed is None:
        raise UserError(f"{METRICS}: is not in that commit; there are no figures to compare")
    if not (root / METRICS).exists():
        raise UserError(f"{METRICS}: no such file; `dvc repro` makes it")
    there, here = (dict(_figures(json.loads(text))) for text in (committed, (root / METRICS).read_text("utf-8")))
    table = Table("dataset", "model", "figure", "committed", "here", "points apart")
    apart = {name: 100 * (here[name] - there[name]) for name in there if name in here}
    for name, points in apart.items():
        table.add_row(*name, f"{100 * there[name]:.2f}", f"{100 * here[name]:.2f}", f"{points:+.2f}")
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    if apart:
        furthest = max(apart, key=lambda name: abs(apart[name]))
        print(f"largest difference: {abs(apart[furthest]):.2f} percentage points ({', '.join(furthest)})")


def _figures(metrics: Any) -> Iterator[tuple[tuple[str, str, str], float]]:
    for dataset, models in metrics.items():
        for model, figures in models.items():
            for figure, value in figures.items():
                yield (dataset, model, figure), float(value)
