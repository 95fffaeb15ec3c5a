import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeshare.core.prepared.tokenisers import basic_english
from timeshare.sources.realtext import reorder
from timeshare.sources.realtext.reorder import reordered


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I ate an apple yesterday", "yesterday I ate an apple"),
        ("it was snowing on Monday", "on Monday it was snowing"),
        ("i purchased this player last week.", "last week i purchased this player."),
        ("we bought it two years ago !", "two years ago we bought it !"),
        ("He said it, in 1986.", "in 1986, He said it."),
        ("the film was shown at home", "at home the film was shown"),
        ("Last night the band didn't play.", "the band didn't play Last night."),
        ("In New York, he's used to finding pennies.", "he's used to finding pennies, In New York."),
        ("at times, it hurts, and that is that", "it hurts, and that is that, at times"),
    ],
)
def test_phrases_that_move(text: str, expected: str) -> None:
    assert reordered(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "I ate an apple",
        "yesterday",
        "so I slept today",  # too short to be sure: two words are left
        "I can't wait until tomorrow",  # the phrase belongs to the preposition
        "it came out earlier this year",
        "my birthday is today",  # what is said, not when
        "I liked the film that opened last week",  # it may belong to the clause inside
        "it's better than anything I saw this year",
        "a thoughtful look at an incident in 1995",  # no clause: no finite verb, no pronoun
        "the best hotel in Paris",  # a place that belongs to a noun
        "last night was fun",  # the subject
        "Today's Penny Arcade sums it up",
        "are you coming tonight?",
        "I came. I saw you yesterday.",  # two sentences
        'she said "I was there" yesterday',
        "I like it (sort of) today",
        "In fact, funny",  # no subject after the comma
        "",
        "   ",
    ],
)
def test_what_is_not_plain_stays(text: str) -> None:
    assert reordered(text) is None


@given(
    subject=st.sampled_from(["I", "they", "the band", "my old camera"]),
    verb=st.sampled_from(["has played", "didn't stop", "will love it"]),
    phrase=st.sampled_from(["yesterday", "on Friday night", "every day", "in the end", "3 days ago", "at home"]),
    comma=st.sampled_from(["", ",", " ,"]),
    stop=st.sampled_from(["", ".", "!", " ...", "!!"]),
    front=st.booleans(),
)
def test_words_stay_the_same_in_another_order(
    subject: str, verb: str, phrase: str, comma: str, stop: str, front: bool
) -> None:
    clause = f"{subject} {verb}"
    text = f"{phrase}{comma} {clause}{stop}" if front else f"{clause}{comma} {phrase}{stop}"
    moved = reordered(text)
    if front and phrase == "at home" and not comma:
        assert moved is None  # at the front, only a comma tells a place from part of a name
        return
    assert moved is not None
    assert moved != text
    assert sorted(basic_english(moved)) == sorted(basic_english(text))
    if phrase != "at home" or comma:
        assert reordered(moved) == text


@given(st.text(alphabet="ai \n,.!?'\"today", max_size=80))
def test_any_text_keeps_its_words_or_stays(text: str) -> None:
    moved = reordered(text)
    assert moved is None or sorted(basic_english(moved)) == sorted(basic_english(text))


def test_examples() -> None:
    assert doctest.testmod(reorder).failed == 0
