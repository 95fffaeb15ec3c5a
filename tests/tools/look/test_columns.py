from collections.abc import Sequence
from typing import Any

import pytest

from timeshare.tools.look.columns import columns_of, guessed_label, guessed_text


def guesses(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[str | None, str | None]:
    columns, count = columns_of(names, [(number, tuple(values)) for number, values in enumerate(rows, start=1)])
    label = guessed_label(columns, count)
    return guessed_text(columns, label), label


@pytest.mark.parametrize(
    ("names", "row", "text", "label"),
    [
        (["text", "label"], lambda n: [f"text {n}", "ab"[n % 2]], "text", "label"),
        (["id", "Review", "Stars"], lambda n: [n, f"r{n}", n % 5], "Review", "Stars"),
        (["kind", "team", "body", "url"], lambda n: ["x", "abc"[n % 3], "b", f"http://x/{n}" * 9], "body", "team"),
        (["a", "b"], lambda n: [n % 2 == 0, ["a", "list", str(n)]], "b", "a"),
        (["data.text", "data.y", "n"], lambda n: ["t" * n, n % 2, n % 3], "data.text", "data.y"),
        # Names say more than counts, and what never repeats is no label whatever its name is.
        (["flag", "label", "text"], lambda n: [n % 2, n % 7, f"t{n}"], "text", "label"),
        (["label", "flag", "text"], lambda n: [n, n % 2, f"t{n}"], "text", "flag"),
        (["text"], lambda n: [f"t{n}"], "text", None),
        (["label"], lambda n: ["ab"[n % 2]], None, "label"),
        (["a", "b"], lambda n: ["", None], None, None),
    ],
)
def test_columns_are_told_by_their_names_and_values(
    names: list[str], row: Any, text: str | None, label: str | None
) -> None:
    assert guesses(names, [row(number) for number in range(40)]) == (text, label)


def test_a_column_keeps_a_few_short_values_however_many_rows_there_are() -> None:
    (column,), rows = columns_of(["text"], ((n, (f"{n} " + "long " * 100,)) for n in range(5000)))
    assert (rows, column.filled, len(column.different)) == (5000, 5000, 1001)
    assert max(map(len, [*column.different, column.example])) == 60
