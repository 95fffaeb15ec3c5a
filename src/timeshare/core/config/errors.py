"""The one exception that a user is meant to read."""

import re
from collections.abc import Sequence

_MOST_CHARACTERS = 1000
_MOST_NAMES = 5
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class UserError(Exception):
    """Something the user can mend: the message says what, where and how, in one line, or one for each place.

    What it quotes of a file is made fit for a terminal: long lines are shortened, and control characters spelled out.
    """

    def __init__(self, message: str) -> None:
        super().__init__("\n".join(map(fit_for_terminal, message.split("\n"))))


def quoted(names: Sequence[str]) -> str:
    """The first few of some names, in a sentence.

    >>> quoted(["a", "b"])
    "'a', 'b'"
    """
    return ", ".join(f"'{name}'" for name in names[:_MOST_NAMES]) + (", ..." if len(names) > _MOST_NAMES else "")


def without_controls(text: str) -> str:
    """A text, or JSON, on one line: what a terminal takes for a command is spelled out as JSON does.

    >>> print(without_controls("a\\tb"))
    a\\u0009b
    """
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def fit_for_terminal(line: str) -> str:
    """A line that quotes a file: shortened if it is long, with control characters spelled out."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    if len(text) <= _MOST_CHARACTERS:
        return text
    # What is wrong stands at the beginning, and how to mend it at the end.
    half = _MOST_CHARACTERS // 2 - 3
    return f"{text[:half]} ... {text[-half:]}"
