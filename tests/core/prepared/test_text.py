from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeshare.core.config.errors import UserError
from timeshare.core.prepared.text import PAD, UNKNOWN, Vocabulary

TOKENS = st.text(alphabet="abcé<>'", min_size=1, max_size=4)


def test_tokens_are_ordered_by_frequency_and_then_by_name() -> None:
    vocabulary = Vocabulary.fit({"pear": 2, "fig": 3, "apple": 2, "Zoe": 2}, max_size=10)
    assert vocabulary.tokens == ("<pad>", "<unk>", "fig", "Zoe", "apple", "pear")


def test_size_and_frequency_limit_the_vocabulary_beside_padding_and_unknown() -> None:
    counts = {"a": 5, "b": 3, "c": 3, "d": 1}
    assert Vocabulary.fit(counts, max_size=2).tokens[2:] == ("a", "b")
    assert Vocabulary.fit(counts, max_size=10, min_frequency=3).tokens[2:] == ("a", "b", "c")
    assert len(Vocabulary.fit(counts, max_size=2)) == 4


def test_text_that_spells_out_a_special_token_is_unknown_and_never_padding() -> None:
    vocabulary = Vocabulary.fit({"<pad>": 9, "<unk>": 9, "a": 1}, max_size=10)
    assert vocabulary.encode(["<pad>", "<unk>", "a"]).tolist() == [UNKNOWN, UNKNOWN, 2]


def test_looking_up_unknown_tokens_does_not_grow_the_vocabulary() -> None:
    vocabulary = Vocabulary.fit({"a": 1}, max_size=10)
    vocabulary.encode(["never", "seen"])
    assert len(vocabulary) == len(vocabulary.ids) + 2 == 3


@given(known=st.lists(TOKENS, unique=True, max_size=8), tokens=st.lists(TOKENS, max_size=12))
def test_known_tokens_have_the_ids_of_their_places(known: list[str], tokens: list[str]) -> None:
    vocabulary = Vocabulary.fit(dict.fromkeys(known, 1), max_size=100)
    ids = vocabulary.encode(tokens)
    assert ids.dtype == np.int64
    assert not np.any(ids == PAD)
    assert [vocabulary.tokens[id] for id in ids] == [token if token in known else "<unk>" for token in tokens]


def test_a_saved_vocabulary_loads_as_it_was(tmp_path: Path) -> None:
    vocabulary = Vocabulary.fit({"é": 2, "a\u2028b": 1, '"': 1}, max_size=10)
    vocabulary.save(tmp_path / "vocab.json")
    assert Vocabulary.load(tmp_path / "vocab.json") == vocabulary


@pytest.mark.parametrize(
    "content", ['{"a": 1}', '["a", "b"]', '["<pad>", "<unk>", "a", "a"]', '["<pad>", "<unk>", 3]', "["]
)
def test_a_damaged_vocabulary_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "vocab.json"
    path.write_text(content)
    with pytest.raises(UserError, match=r"vocab\.json: is damaged"):
        Vocabulary.load(path)
