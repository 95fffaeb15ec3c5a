"""What reads a text for a classifier: tokens to the state that the read-out reads."""

from collections.abc import Sequence

from torch import Tensor, nn

from timeshare.models.embedding import TimeInput, WordEmbedding
from timeshare.nn.padding import length_mask
from timeshare.nn.recurrent import TimeRecurrent
from timeshare.nn.schemes.sharing import Sharing


class Encoder(nn.Module):
    """Token ids int64 [B, T], right-padded, and lengths int64 [B], to a state float [B, state_size].

    Attributes:
        state_size: S.
    """

    def __init__(self, state_size: int) -> None:
        super().__init__()
        self.state_size = state_size

    def schemes(self) -> Sequence[Sharing]:
        """What knows the extent, and the rule beyond it; empty where no weights depend on the position."""
        return ()

    def load_vectors(self, vectors: Tensor, frozen: bool) -> None:
        """Take word vectors [V, E] trained elsewhere; `frozen` ones do not learn.

        Raises:
            ValueError: there are no word vectors here, or not of this shape.
        """
        raise ValueError("this model counts words: it has no word vectors to load")

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """The state, float [B, S]."""
        raise NotImplementedError


class EmbeddingEncoder(Encoder):
    """An encoder of word vectors."""

    def __init__(self, state_size: int, embedding: WordEmbedding) -> None:
        super().__init__(state_size)
        self.embedding = embedding

    def load_vectors(self, vectors: Tensor, frozen: bool) -> None:
        self.embedding.load(vectors, frozen)

    def embed_own(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Embed [B, T] tokens as [B, T, E], zero beyond each length."""
        embedded: Tensor = self.embedding(tokens)
        return embedded.masked_fill(~length_mask(lengths, tokens.shape[1]).unsqueeze(2), 0)


class RecurrentEncoder(EmbeddingEncoder):
    """Embedded tokens, with time beside them where asked, through a TimeLSTM or TimeRNN.

    Args:
        embedding: of the words.
        time_input: what is put beside them.
        recurrent: reads both.
        readout: makes one state of those after all tokens (models.readout); None: it is that at the text's own end.
    """

    def __init__(
        self,
        embedding: WordEmbedding,
        time_input: TimeInput,
        recurrent: TimeRecurrent,
        readout: nn.Module | None = None,
    ) -> None:
        super().__init__(recurrent.hidden_size * recurrent.num_directions, embedding)
        self.time_input = time_input
        self.recurrent = recurrent
        self.readout = readout

    def schemes(self) -> Sequence[Sharing]:
        return self.recurrent.schemes()

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """The one state of each sentence, made of the last layer's (both directions'), float [B, S]."""
        return self.states(tokens, lengths)[1]

    def states(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """The last layer's state after each token, float [B, T, S], zero on padding; and what `forward` returns."""
        states, (hidden, *_) = self.recurrent.run(self.time_input(self.embedding(tokens)), lengths)
        if self.readout is None:
            return states, hidden[-self.recurrent.num_directions :].transpose(0, 1).flatten(1)
        return states, self.readout(states, length_mask(lengths, tokens.shape[1]))
