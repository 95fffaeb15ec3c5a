"""The one exception that a user is meant to read."""

_MOST_CHARACTERS = 1000


class UserError(Exception):
    """Something the user can mend: the message says what, where and how, in one line, or one for each place.

    What it quotes of a file is made fit for a terminal: long lines are shortened, and control characters spelled out.
    """

    def __init__(self, message: str) -> None:
        super().__init__("\n".join(map(_shown, message.split("\n"))))


def _shown(line: str) -> str:
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    if len(text) <= _MOST_CHARACTERS:
        return text
    # What is wrong stands at the beginning, and how to mend it at the end.
    half = _MOST_CHARACTERS // 2 - 3
    return f"{text[:half]} ... {text[-half:]}"
