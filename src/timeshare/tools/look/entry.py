"""An entry of `datasets` in params.yaml: as text to paste, or entered there without touching anything else."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from timeshare.core.artifacts import whole_file
from timeshare.core.config.base import NAME
from timeshare.core.config.errors import UserError
from timeshare.params import load_params


def entry_as_yaml(name: str, entry: Mapping[str, Any]) -> str:
    """What makes a dataset that of the run, as params.yaml has it, and where it goes there."""
    return (
        f"In params.yaml, where `--add {name}` enters it, below `datasets:`\n\n"
        f"{_block(name, entry, '  ')}\n"
        f"and below `run:`, in place of what is there,\n\n  datasets: [{name}]\n  studies: []\n"
    )


def enter(path: Path, name: str, entry: Mapping[str, Any]) -> None:
    """Enter a dataset in params.yaml, and name it as the data of the run, which then makes no studies.

    Args:
        path: of params.yaml. Comments and all else in it stay as they are.
        name: the dataset's name.
        entry: its settings.
    Raises:
        UserError: the name is none or is taken, or params.yaml holds a mistake or has another form than usual.
    """
    if not re.match(NAME, name):
        raise UserError(f"--add {name}: give a name of up to 64 letters, digits and _, the first not _")
    if name in load_params(path).datasets:
        raise UserError(f"--add {name}: {path} has a dataset of this name; give another, or edit it there")
    text = path.read_text(encoding="utf-8")
    sections = _values(yaml.compose(text, Loader=yaml.SafeLoader))
    run, datasets = _values(sections["run"]), sections["datasets"]
    if datasets.flow_style or not datasets.value:
        raise UserError(f"{path}: datasets: is written in braces; write an entry a line, or add {name} by hand")
    # From the end to the beginning, so that the places before an edit stay true.
    first = datasets.value[0][0].start_mark
    edits = [(first.index, first.index, _block(name, entry, " " * first.column).lstrip() + " " * first.column)]
    for key, new in (("datasets", f"[{name}]"), ("studies", "[]")):
        if key in run:
            # Below its key a list in brackets stands further in than the key, one in lines need not.
            edits.append((*_span(run[key]), new if run[key].flow_style else f"  {new}"))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    with whole_file(path.resolve()) as scratch:  # of a link, the file
        scratch.write_text(text, encoding="utf-8")
        load_params(scratch)


def _values(node: Any) -> dict[str, Any]:
    return {key.value: value for key, value in node.value}


def _span(node: Any) -> tuple[int, int]:
    """Where a list stands; one with an item a line ends, for the parser, only where the next key begins."""
    if node.flow_style or not node.value:
        return node.start_mark.index, node.end_mark.index
    return node.start_mark.index, node.value[-1].end_mark.index


def _block(name: str, entry: Mapping[str, Any], indent: str) -> str:
    lines = [f"{indent}{name}:", *(f"{indent}  {key}: {_scalar(value)}" for key, value in entry.items())]
    return "\n".join(lines) + "\n"


def _scalar(value: Any) -> str:
    """A value on one line, in quotes where YAML would read it otherwise."""
    if isinstance(value, str):
        plain = yaml.safe_dump(value, allow_unicode=True, width=10**9).removesuffix("...\n").strip()
        return plain if "\n" not in plain else json.dumps(value)
    return json.dumps(value)
