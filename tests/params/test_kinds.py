"""What the generated page calls a key's kind."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, TypeAdapter

from timeshare.core.config.base import Count, Distinct, Fraction, Name, PositiveFloat, PositiveInt, Probability
from timeshare.params.kinds import kind_of


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (int, "whole number"),
        (Count, "whole number, 0 or more"),
        (Annotated[int, Field(ge=2, le=9)], "whole number from 2 to 9"),
        (PositiveFloat, "number above 0"),
        (Fraction, "number from 0 to 1"),
        (Probability, "number from 0 to below 1"),
        (Annotated[float, Field(gt=0.5, lt=1.0)], "number above 0.5 and below 1"),
        (Annotated[float, Field(gt=1.0, le=9.0)], "number above 1 and at most 9"),
        (bool, "true or false"),
        (str, "text"),
        (Name, "name"),
        (Literal["a"], "`a`"),
        (Literal["a", "b", "c"], "`a`, `b` or `c`"),
        (str | None, "text or null"),
        (PositiveInt | None, "whole number, 1 or more, or null"),
        (Probability | None, "number from 0 to below 1, or null"),
        (int | Literal["auto"], "whole number, or `auto`"),
        (Literal["a", "b"] | tuple[PositiveInt, ...], "`a` or `b`, or list of whole numbers, each 1 or more"),
        (tuple[Count, Count], "2 whole numbers, each 0 or more"),
        (tuple[float, float], "2 numbers"),
        (Distinct[Name], "list of names"),
        (Distinct[PositiveInt | None], "list of whole numbers, each 1 or more, or null"),
        (Distinct[Literal["a", "b"]], "list of any of `a`, `b`"),
        (dict[Name, Name], "mapping"),
    ],
    # A type's own words may hold an address, which would give each test process other names.
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_kinds_in_words(kind: Any, said: str) -> None:
    assert kind_of(TypeAdapter(kind).json_schema()) == said
