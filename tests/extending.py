"""The blocks of docs/extending.md, which tests run.

What follows a block's backquotes says what it is:

- `python FILE.py`: a file; the section's folder is the working directory and can be imported from;
- `python`: a doctest; all of a section share their names;
- `yaml params.yaml`: keys that params.yaml is given beside its own, under which it must still be accepted;
- `text NAME`: what something prints.

Others are for reading.
"""

import re
from pathlib import Path

PLACE = Path(__file__).parents[1] / "docs" / "extending.md"
_PARTS = re.split(r"^## (.+)\n", PLACE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
_SECTIONS = dict(zip(_PARTS[::2], _PARTS[1::2], strict=True))


def blocks(section: str) -> list[tuple[str, str]]:
    """(what follows the backquotes, content) of each fenced block."""
    return re.findall(r"^```(.+)\n((?:.*\n)*?)```$", _SECTIONS[section], flags=re.MULTILINE)


def named(section: str) -> dict[str, str]:
    """The contents of the blocks that have a name beside their language, by that name."""
    return {kind.partition(" ")[2]: content for kind, content in blocks(section) if " " in kind}


def write_files(section: str, folder: Path) -> None:
    """Write the section's Python files; they may stand in a folder below."""
    for name, content in named(section).items():
        if name.endswith(".py"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")
