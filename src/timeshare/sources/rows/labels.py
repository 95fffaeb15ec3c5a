"""Classes from labels as people write them: 1 and 1.0 are one, True and true, and the two ways to write an accent."""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from timeshare.core.config.errors import quoted
from timeshare.sources.rows.values import check_name

# A column of more different values is more likely another column than a label.
MOST_CLASSES = 1000
# A leading zero makes a code, such as 007, that is no number.
_NUMBER = re.compile(r"[+-]?(?:0|[1-9][0-9]*|(?=\.[0-9]))(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_MOST_DIGITS = 40
# Spellings that are remembered; a column of labels has few.
_MOST_SPELLINGS = 10_000


class Labels:
    """The classes of a dataset, numbered as they are met.

    Attributes:
        spellings: for each class, how its label is written, without repeats: at most a few.
    """

    def __init__(self) -> None:
        self.spellings: list[list[str]] = []
        self._keys: dict[str | Decimal, int] = {}
        self._codes: dict[tuple[type, Any], int] = {}

    def __len__(self) -> int:
        return len(self.spellings)

    def code(self, value: Any) -> int:
        """The number of a label's class.

        Args:
            value: a label as its file has it.
        Raises:
            BadValueError: it is missing, or no label.
        """
        try:
            known = self._codes.get((type(value), value))
        except TypeError:  # A list; what follows says so.
            known = None
        if known is not None:
            return known
        name = check_name("label", value)
        code = self._keys.setdefault(_key(name), len(self._keys))
        if code == len(self.spellings):
            self.spellings.append([])
        written = value if isinstance(value, str) else name
        if written not in self.spellings[code] and len(self.spellings[code]) < MOST_CLASSES:
            self.spellings[code].append(written)
        if len(self._codes) < _MOST_SPELLINGS:
            self._codes[type(value), value] = code
        return code

    def names(self) -> list[str]:
        """What each class is called: as it is written, if all rows write it alike."""
        return [
            _composed(spellings[0]) if len(set(map(_composed, spellings))) == 1 else _plain(key)
            for spellings, key in zip(self.spellings, self._keys, strict=True)
        ]

    def remarks(self, where: str, used: Mapping[int, str]) -> list[str]:
        """Spellings that were taken for one label, and labels that may be meant to be one.

        Args:
            where: what the lines begin with.
            used: the names of the classes that the dataset has, by number.
        """
        merged = [
            f"{where}: the labels {quoted(self.spellings[code])} are taken for one, '{name}'"
            for code, name in used.items()
            if len(self.spellings[code]) > 1
        ]
        alike: dict[str, list[str]] = {}
        for name in used.values():
            alike.setdefault(" ".join(name.split()).casefold(), []).append(name)
        return merged + [
            f"{where}: the labels {quoted(sorted(names))} look alike and are {len(names)} classes; write them alike "
            "where they are one"
            for names in alike.values()
            if len(names) > 1
        ]


def _key(name: str) -> str | Decimal:
    """What is equal for names of one class."""
    if len(name) <= _MOST_DIGITS and _NUMBER.fullmatch(name):
        return Decimal(name)
    return name.lower() if name.lower() in ("true", "false") else _composed(name)


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip())


def _plain(key: str | Decimal) -> str:
    if isinstance(key, str):
        return key
    digits = f"{key:f}" if abs(key.adjusted()) < _MOST_DIGITS else str(key)
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits).removeprefix("-" if not key else "+")
