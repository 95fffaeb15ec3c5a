import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeshare.core.prepared.tokenisers import TOKENISERS, tokeniser_of
from timeshare.prepare.tokens import ragged_places, tokenise_all

# Everything the tokeniser treats apart, spaces of several kinds, and letters whose lower case depends on neighbours.
WORDS = ("Milk", "dog", "can't", "(a)!", "?:", '"', ".", ",", ";", "<br />", "<br", "/>", '<BR "/>', "<br  />")
SPACES_AND_LETTERS = (" ", "  ", "\t", "\n", "\u00a0", "\u2028", "\x1c", "\x00", "ΑΣ", "İ", "Σ")
PIECES = st.sampled_from((*WORDS, *SPACES_AND_LETTERS))
TEXTS = st.lists(st.one_of(st.lists(PIECES, max_size=8).map("".join), st.text(max_size=12)), max_size=6)


@pytest.mark.parametrize("tokeniser", [*TOKENISERS, r"regex:\w+|[^\w\s]"])
@given(texts=TEXTS)
def test_texts_together_get_the_tokens_that_each_gets_alone(tokeniser: str, texts: list[str]) -> None:
    encodable = [text.encode("utf-8", "ignore").decode() for text in texts]
    together = tokenise_all(pa.array(encodable, pa.string()), tokeniser)
    tokens = [together.distinct[index] for index in together.ids]
    ends = np.cumsum(together.lengths).tolist()
    starts = [0, *ends[:-1]]
    alone = [tokeniser_of(tokeniser)(text) for text in encodable]
    assert [tokens[start:end] for start, end in zip(starts, ends, strict=True)] == alone if encodable else not tokens
    assert len(set(together.distinct)) == len(together.distinct)


def test_a_slice_of_a_column_is_tokenised_as_that_slice() -> None:
    column = pa.array(["a b", "c <br /> d", "e", "f g"])
    together = tokenise_all(column.slice(1, 2), "basic_english")
    assert [together.distinct[index] for index in together.ids] == ["c", "d", "e"]
    assert together.lengths.tolist() == [2, 1]


def test_runs_follow_each_other() -> None:
    assert ragged_places(np.array([5, 0, 9]), np.array([2, 3, 0])).tolist() == [5, 6, 0, 1, 2]
    assert ragged_places(np.zeros(0, np.int64), np.zeros(0, np.int64)).tolist() == []
