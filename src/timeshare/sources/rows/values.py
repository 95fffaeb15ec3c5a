"""What a row may hold: texts of at least one token, labels and names."""

import datetime
import math
from collections.abc import Callable
from decimal import Decimal
from enum import IntEnum
from typing import Any

MOST_NAME_CHARACTERS = 200


class Reason(IntEnum):
    """Why a row is left out. The names, in lower case, stand in left_out.csv and schema.json."""

    EMPTY_TEXT = 1
    NO_TOKEN = 2
    NO_LABEL = 3
    TOO_LONG = 4
    IN_VALID = 5
    IN_TEST = 6
    REPEATED = 7


class BadValueError(ValueError):
    """A value that a row cannot have.

    Attributes:
        what: what is wrong with it.
        mend: what its owner can do.
        reason: why its row may be left out; None if the file itself is at fault.
    """

    def __init__(self, what: str, mend: str, reason: Reason | None = None) -> None:
        super().__init__(f"{what}; {mend}")
        self.what = what
        self.mend = mend
        self.reason = reason


def check_text(text: Any, max_length: int, tokenise: Callable[[str], list[str]]) -> list[str]:
    """The tokens of a text.

    Args:
        text: a value as its file has it; a list is one of tokens, and comes back without white space and empty ones.
        max_length: tokens.
        tokenise: what cuts a text.
    Raises:
        BadValueError: it is missing, no text, without a token, too long, or no Unicode.
    """
    if is_missing(text):
        raise BadValueError("text is missing", "fill it in or remove the row", Reason.EMPTY_TEXT)
    if isinstance(text, list) and all(isinstance(token, str) for token in text):
        text, tokenise = " ".join(text), str.split
    if not isinstance(text, str):
        raise BadValueError(f"text is {_kind(text)}", "name the column of texts, or write them as text")
    if not text.strip():
        raise BadValueError("text is empty", "fill it in or remove the row", Reason.EMPTY_TEXT)
    if "\0" in text:
        raise BadValueError("text holds a NUL byte", "remove it")
    if not is_unicode(text):
        raise BadValueError("text holds half of a surrogate pair", "write the character whole")
    tokens = tokenise(text)
    if not tokens:
        what = "text has no token, only marks that the tokeniser drops"
        raise BadValueError(what, "fill it in or remove the row", Reason.NO_TOKEN)
    if len(tokens) > max_length:
        what = f"text has {len(tokens)} tokens, the limit is {max_length}"
        raise BadValueError(what, "shorten it or raise max_length", Reason.TOO_LONG)
    return tokens


def check_name(column: str, value: Any) -> str:
    """A label or an id as text, without surrounding blanks; a number becomes its digits, a date that of ISO 8601.

    Args:
        column: `label` or `id`, for messages.
        value: a value as its file has it.
    Raises:
        BadValueError: it is missing, is no name, too long, or holds what no name does.
    """
    name = _written(column, value).strip()
    if not name:
        raise BadValueError(
            f"{column} is missing", "fill it in or remove the row", Reason.NO_LABEL if column == "label" else None
        )
    if len(name) > MOST_NAME_CHARACTERS:
        raise BadValueError(f"{column} has {len(name)} characters, the limit is {MOST_NAME_CHARACTERS}", "shorten it")
    if "\0" in name or "\n" in name:
        raise BadValueError(f"{column} holds a NUL byte or a line end", "remove it")
    if not is_unicode(name):
        raise BadValueError(f"{column} holds half of a surrogate pair", "write the character whole")
    return name


def is_missing(value: Any) -> bool:
    """Whether there is no value: None, or the NaN that pandas writes for it."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def is_unicode(text: str) -> bool:
    """Whether it can be written as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _written(column: str, value: Any) -> str:
    """A value as a file of text would have it; nothing for one that is missing."""
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case float() | Decimal() if math.isfinite(value) and value == int(value):
            return str(int(value))
        case _ if is_missing(value):
            return ""
        case int() | float() | Decimal():
            return str(value)
        case datetime.date() | datetime.time():
            return value.isoformat()
    raise BadValueError(f"{column} is {_kind(value)}", "write it as text or a number")


def _kind(value: Any) -> str:
    match value:
        case list():
            return "a list"
        case dict():
            return "an object"
        case int() | float() | Decimal():
            return "a number"
    return f"a {type(value).__name__}"
