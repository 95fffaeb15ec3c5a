import datetime
from decimal import Decimal
from typing import Any

import pytest

from timeshare.core.prepared.tokenisers import basic_english
from timeshare.sources.rows.values import BadValueError, check_name, check_text


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("pos", "pos"),
        (" pos ", "pos"),
        (1, "1"),
        (-3, "-3"),
        (1.0, "1"),
        (1.5, "1.5"),
        (Decimal("1.50"), "1.50"),
        (datetime.date(2024, 5, 1), "2024-05-01"),
        ("1.0", "1.0"),
        (True, "true"),
        (10**20, "100000000000000000000"),
        ("sehr gut", "sehr gut"),
        ("👩‍💻", "👩‍💻"),
        ("חיובי", "חיובי"),
    ],
)
def test_names_are_words_or_the_digits_of_numbers(value: Any, name: str) -> None:
    assert check_name("label", value) == name


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "label is missing; fill it in or remove the row"),
        ("", "label is missing; fill it in or remove the row"),
        (" \t", "label is missing; fill it in or remove the row"),
        (float("nan"), "label is missing; fill it in or remove the row"),
        ([1], "label is a list; write it as text or a number"),
        ({}, "label is an object; write it as text or a number"),
        ("x" * 201, "label has 201 characters, the limit is 200; shorten it"),
        ("a\0b", "label holds a NUL byte or a line end; remove it"),
        ("a\nb", "label holds a NUL byte or a line end; remove it"),
        ("a\ud83d", "label holds half of a surrogate pair; write the character whole"),
    ],
)
def test_what_is_no_name(value: Any, message: str) -> None:
    with pytest.raises(BadValueError) as caught:
        check_name("label", value)
    assert str(caught.value) == message


def test_texts_come_as_their_tokens() -> None:
    assert check_text(["It", "can't", "New York", ""], 10, basic_english) == ["It", "can't", "New", "York"]
    assert check_text('It can\'t BE, "so"', 10, basic_english) == ["it", "can", "'", "t", "be", ",", "so"]
    assert check_text("🙂 שלום", 2, basic_english) == ["🙂", "שלום"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "text is missing; fill it in or remove the row"),
        ("", "text is empty; fill it in or remove the row"),
        (" \u2003\n", "text is empty; fill it in or remove the row"),
        (3, "text is a number; name the column of texts, or write them as text"),
        ([["a"]], "text is a list; name the column of texts, or write them as text"),
        ({"a": "b"}, "text is an object; name the column of texts, or write them as text"),
        ([" ", ""], "text is empty; fill it in or remove the row"),
        (["a", "b c", "d"], "text has 4 tokens, the limit is 3; shorten it or raise max_length"),
        ("a\0b", "text holds a NUL byte; remove it"),
        ("a\ude42", "text holds half of a surrogate pair; write the character whole"),
        ('";" :', "text has no token, only marks that the tokeniser drops; fill it in or remove the row"),
        ("a b c d", "text has 4 tokens, the limit is 3; shorten it or raise max_length"),
    ],
)
def test_what_is_no_text(value: Any, message: str) -> None:
    with pytest.raises(BadValueError) as caught:
        check_text(value, 3, basic_english)
    assert str(caught.value) == message
