from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeshare.core.prepared.tokenisers import TOKENISERS, Tokeniser, basic_english, tokeniser_of
from timeshare.sources.raw import Probe, Row
from timeshare.sources.realtext.probes import moved_pair, shuffle_probes


def shuffles(
    text: str, sizes: tuple[int, ...] = (1, 2, 3, 4), permutations: int = 3, tokenise: Tokeniser = basic_english
) -> list[Probe]:
    return list(shuffle_probes([Row("row", text, "pos")], tokenise, sizes, permutations, np.random.default_rng(0)))


def grams(tokens: list[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[start : start + size]) for start in range(0, len(tokens), size))


def test_each_size_permutes_whole_ngrams() -> None:
    text = "I can't say, (really) that one two three four"
    tokens = basic_english(text)
    probes = shuffles(text)
    assert [(probe.kind, probe.place) for probe in probes] == [
        (f"shuffle_{size}", place) for size in (1, 2, 3, 4) for place in range(3)
    ]
    for probe in probes:
        size = int(probe.kind.removeprefix("shuffle_"))
        shuffled = probe.text.split(" ")
        assert Counter(shuffled) == Counter(tokens)
        assert shuffled != tokens
        # The last, shorter n-gram may now stand anywhere: cut it out, and the others are the original's.
        rest = len(tokens) % size
        last = tokens[len(tokens) - rest :]
        assert any(
            shuffled[start : start + rest] == last
            and grams(shuffled[:start] + shuffled[start + rest :], size) == grams(tokens[: len(tokens) - rest], size)
            for start in range(0, len(shuffled) + 1, size)
        )
        assert (probe.group, probe.label, probe.position) == ("row", "pos", -1)
    assert len({probe.id for probe in probes}) == len(probes)


def test_a_text_that_no_permutation_changes_has_no_probes() -> None:
    assert shuffles("good") == []
    assert shuffles("good good good") == []
    assert {probe.kind for probe in shuffles("good film")} == {"shuffle_1"}
    # Two equal bigrams have no other order, three trigrams of one word neither.
    assert {probe.kind for probe in shuffles("a b a b")} == {"shuffle_1", "shuffle_3"}
    assert {probe.text for probe in shuffles("a b b", sizes=(2,))} == {"b a b"}


def test_markup_that_a_shuffle_could_close_is_left_alone() -> None:
    assert basic_english("<br  />") == ["<br", "/>"]
    assert shuffles("one two <br  /> three") == []


@pytest.mark.parametrize("name", [*TOKENISERS, r"regex:\w+(?=!)|\b\w|[^\w\s]"])
@given(text=st.text(max_size=60), seed=st.integers(0, 2**32))
def test_shuffled_text_tokenises_to_its_own_tokens(name: str, text: str, seed: int) -> None:
    tokenise = tokeniser_of(name)
    tokens = tokenise(text)
    for probe in shuffle_probes([Row("row", text, "pos")], tokenise, (1, 2), 2, np.random.default_rng(seed)):
        assert tokenise(probe.text) == probe.text.split(" ")
        assert Counter(tokenise(probe.text)) == Counter(tokens)
        assert probe.text.split(" ") != tokens


def test_every_other_order_is_reached_equally_often() -> None:
    counts = Counter(probe.text for probe in shuffles("a b c", sizes=(1,), permutations=3000))
    assert set(counts) == {"a c b", "b a c", "b c a", "c a b", "c b a"}
    assert min(counts.values()) > 500


def test_a_text_that_a_rule_reorders_makes_a_pair() -> None:
    row = Row("r", "I ate an apple yesterday.", "pos")
    assert moved_pair("test-r", row, basic_english) == [
        Probe("moved-test-r-0", "test-r", "moved", 0, "I ate an apple yesterday.", "pos"),
        Probe("moved-test-r-1", "test-r", "moved", 1, "yesterday I ate an apple.", "pos"),
    ]
    assert moved_pair("test-r", Row("r", "one two three", "pos"), basic_english) == []


def test_a_pair_that_a_tokeniser_would_tell_apart_by_its_words_is_none() -> None:
    assert moved_pair("test-r", Row("r", "I ate an apple yesterday.", "pos"), str.split) == []
    assert len(moved_pair("test-r", Row("r", "I ate an apple yesterday .", "pos"), str.split)) == 2
