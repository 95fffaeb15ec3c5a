"""What a user's row may hold: texts of at least one token, and labels and ids that are names."""

import math
from typing import Any

from timeshare.core.prepared.text import tokenise

MOST_NAME_CHARACTERS = 200


class BadValueError(ValueError):
    """A value that a row cannot have.

    Attributes:
        what: what is wrong with it.
        mend: what its owner can do.
    """

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(f"{what}; {mend}")
        self.what = what
        self.mend = mend


def check_text(text: Any, max_length: int) -> list[str]:
    """The tokens of a text.

    Args:
        text: a value as its file has it.
        max_length: tokens.
    Raises:
        BadValueError: it is missing, no text, without a token, too long, or no Unicode.
    """
    if text is None:
        raise BadValueError("text is missing", "fill it in or remove the row")
    if not isinstance(text, str):
        raise BadValueError(f"text is a {type(text).__name__}", "write it as text")
    if not text.strip():
        raise BadValueError("text is empty", "fill it in or remove the row")
    if "\0" in text:
        raise BadValueError("text holds a NUL byte", "remove it")
    if not _is_unicode(text):
        raise BadValueError("text holds half of a surrogate pair", "write the character whole")
    tokens = tokenise(text)
    if not tokens:
        raise BadValueError("text has no token, only marks that the tokeniser drops", "fill it in or remove the row")
    if len(tokens) > max_length:
        raise BadValueError(
            f"text has {len(tokens)} tokens, the limit is {max_length}", "shorten it or raise max_length"
        )
    return tokens


def check_name(column: str, value: Any) -> str:
    """A label or an id as text: a number becomes its digits, a whole one the same whether written 1 or 1.0.

    Args:
        column: `label` or `id`, for messages.
        value: a value as its file has it.
    Raises:
        BadValueError: it is missing, neither text nor number, too long, or holds what no name does.
    """
    if not isinstance(value, str):
        value = _number(column, value)
    if not value.strip():
        raise BadValueError(f"{column} is missing", "fill it in or remove the row")
    name = value.strip()
    if len(name) > MOST_NAME_CHARACTERS:
        raise BadValueError(f"{column} has {len(name)} characters, the limit is {MOST_NAME_CHARACTERS}", "shorten it")
    if "\0" in name or "\n" in name:
        raise BadValueError(f"{column} holds a NUL byte or a line end", "remove it")
    if not _is_unicode(name):
        raise BadValueError(f"{column} holds half of a surrogate pair", "write the character whole")
    return name


def _number(column: str, value: Any) -> str:
    """A number's digits; nothing for a value that is missing."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    raise BadValueError(f"{column} is a {type(value).__name__}", "write it as text or a number")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
