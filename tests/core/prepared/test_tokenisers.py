import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torchtext.data.utils import get_tokenizer

from timeshare.core.config.errors import UserError
from timeshare.core.prepared.tokenisers import TOKENISERS, basic_english, characters, tokeniser_of


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("You can now, can't you?", ["you", "can", "now", ",", "can", "'", "t", "you", "?"]),
        ('He said: "(milk)"; gone', ["he", "said", "(", "milk", ")", "gone"]),
        ("one<br />two", ["one", "two"]),
        ("3 + 4 * 2 - 1", ["3", "+", "4", "*", "2", "-", "1"]),
        (' ";" ', []),
    ],
)
def test_english_is_split_at_spaces_and_punctuation(text: str, tokens: list[str]) -> None:
    assert basic_english(text) == tokens


@given(text=st.text())
def test_english_is_split_as_torchtext_does(text: str) -> None:
    assert basic_english(text) == get_tokenizer("basic_english")(text)


def test_tokenising_does_not_import_torch() -> None:
    module = "timeshare.core.prepared.tokenisers"
    script = f"import sys; from {module} import basic_english; basic_english('a'); print('torch' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "False\n"


def test_formal_text_is_the_same_for_both_tokenisers() -> None:
    text = "0 1 2 + 3 * 4 - 0"
    assert TOKENISERS["whitespace"](text) == TOKENISERS["basic_english"](text) == text.split(" ")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("我 喜欢。", ["我", "喜", "欢", "。"]),
        ("Ab 1", ["A", "b", "1"]),
        ("cafe\u0301", ["c", "a", "f", "e\u0301"]),
        ("か\u3099 が", ["か\u3099", "が"]),
        ("🇩🇪👩\u200d💻👍🏽", ["🇩🇪", "👩\u200d💻", "👍🏽"]),
        ("क्षि", ["क्षि"]),
        ("각\u1100\u1161", ["각", "\u1100\u1161"]),
        ("a\r\n\u3000b", ["a", "b"]),
        ("", []),
    ],
)
def test_characters_are_what_readers_see_as_one(text: str, tokens: list[str]) -> None:
    assert characters(text) == tokens


@pytest.mark.parametrize(
    ("pattern", "text", "tokens"),
    [
        (r"\w+|[^\w\s]", "Don't, É1!", ["Don", "'", "t", ",", "É1", "!"]),
        (r"(?P<word>[a-z]+)(-x)?", "ab-x 3 c", ["ab-x", "c"]),
        (r"\p{Han}|\p{Latin}+", "我用Python写", ["我", "用", "Python", "写"]),
        (r"\w+ \w+", "new york city", ["new", "york"]),
        ("a*", "baab", ["aa"]),
    ],
)
def test_an_expression_matches_each_token(pattern: str, text: str, tokens: list[str]) -> None:
    assert tokeniser_of(f"regex:{pattern}")(text) == tokens


@pytest.mark.parametrize("name", [*TOKENISERS, r"regex:\w+|\s\W"])
@given(text=st.text())
def test_no_token_is_empty_or_holds_white_space(name: str, text: str) -> None:
    tokens = tokeniser_of(name)(text)
    assert " ".join(tokens).split() == tokens


@given(text=st.text())
def test_characters_that_are_put_together_again_are_the_same(text: str) -> None:
    assert characters(" ".join(characters(text))) == characters(text)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("word", "is 'word'; give basic_english, whitespace, characters or regex:PATTERN"),
        ("regex:", "has a pattern of 0 characters; give 1 to 1000"),
        ("regex:" + "a" * 1001, "has a pattern of 1001 characters; give 1 to 1000"),
        ("regex:(a", "'(a' is no regular expression (missing ) at position 2); correct it"),
        ("regex:" + "(" * 1000, "is no regular expression"),
    ],
)
def test_what_is_no_tokeniser(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        tokeniser_of(name)
    assert "\n" not in str(caught.value)


def test_an_expression_that_would_take_for_ever_is_stopped() -> None:
    with pytest.raises(UserError, match=r"^regex:\(a\|aa\)\+\$: takes more than 1 s for one text, 'aaaa") as caught:
        tokeniser_of("regex:(a|aa)+$")("a" * 60 + "!")
    assert "\n" not in str(caught.value)
