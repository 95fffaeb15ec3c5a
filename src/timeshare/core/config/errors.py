"""The one exception that a user is meant to read."""

from collections.abc import Sequence

_MOST_CHARACTERS = 1000
_MOST_NAMES = 5


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


def fit_for_terminal(line: str) -> str:
    """A line that quotes a file: shortened if it is long, with control characters spelled out."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    if len(text) <= _MOST_CHARACTERS:
        return text
    # What is wrong stands at the beginning, and how to mend it at the end.
    half = _MOST_CHARACTERS // 2 - 3
    return f"{text[:half]} ... {text[-half:]}"
