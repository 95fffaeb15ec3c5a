"""TimeLSTM, TimeGRU and TimeRNN: torch's recurrent layers whose weights are any function of the step."""

from typing import NoReturn, Self, TypedDict, Unpack, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from timeshare.nn.cells.contract import State
from timeshare.nn.cells.gru import GRU
from timeshare.nn.cells.lstm import LSTM
from timeshare.nn.cells.rnn import RNN
from timeshare.nn.choices import Align, BasisName, Beyond
from timeshare.nn.conversion import MODES, as_torch, copy_from_torch
from timeshare.nn.padding import readable
from timeshare.nn.running import PaddedRun
from timeshare.nn.schemes.sharing import Sharing


class SchemeOptions(TypedDict, total=False):
    """How weights are shared, of the arguments of the layers."""

    sharing: str | Sharing
    extent: int | None
    beyond: Beyond
    num_sets: int | None
    bounds: tuple[int, ...] | None
    basis: BasisName
    scale: float | None
    align: Align
    truncate: int | None
    hyper_size: int
    hyper_embedding_size: int
    plain: bool
    generator: torch.Generator | None


class TimeRecurrent(PaddedRun):
    """A recurrent net of any cell whose weights are any function of the step; used as torch's recurrent layers are.

    Its arguments are those of TimeStack.
    """

    @classmethod
    def from_torch(cls, module: nn.RNNBase, **scheme: Unpack[SchemeOptions]) -> Self:
        """A net that computes what torch's layer computes, with its weights at each step, which can then part.

        Args:
            module: torch.nn.LSTM for a TimeLSTM, GRU for a TimeGRU, RNN for a TimeRNN; not changed. Sizes, layers,
                directions, bias, batch_first, dropout, device, dtype and mode of training are taken from it.
            scheme: how weights are shared; as the arguments of the class.

        Raises:
            ValueError: `module` is a layer of another kind or has projections, or the scheme is wrong.

        >>> lstm = TimeLSTM.from_torch(nn.LSTM(3, 4), sharing="unshared", extent=5)
        >>> lstm.num_sets, lstm.batch_first
        (5, False)
        """
        mode = getattr(module, "mode", None)
        if getattr(cls, "cell", None) is not MODES.get("RNN_TANH" if mode == "RNN_RELU" else str(mode)):
            kinds = "TimeLSTM of an nn.LSTM, TimeGRU of an nn.GRU, TimeRNN of an nn.RNN"
            raise ValueError(f"{cls.__name__} cannot be made from {type(module).__name__}: make a {kinds}")
        like = next(module.parameters())
        net = cls(
            module.input_size,
            module.hidden_size,
            module.num_layers,
            module.bias,
            module.batch_first,
            module.dropout,
            module.bidirectional,
            module.proj_size,
            like.device,
            like.dtype,
            cell=MODES[str(mode)],
            **scheme,
        )
        copy_from_torch(module, net)
        return net.train(module.training)

    def to_torch(self) -> nn.RNNBase:
        """torch's own layer that computes the same, with copies of the weights.

        Raises:
            ValueError: there is none: the weights differ between steps, or there is LayerNorm, or 'hyper'.
        """
        return as_torch(self)

    def __prepare_scriptable__(self) -> NoReturn:
        """Asked for by torch.jit.script of this net, or of one that it is a part of."""
        raise TypeError(f"torch.jit.script cannot compile {type(self).__name__}: use torch.export instead")

    def flatten_parameters(self) -> None:
        """Do nothing: torch's layers rearrange their weights in a GPU's memory so."""

    def forward(
        self,
        x: Tensor | PackedSequence,
        lengths: Tensor | State | None = None,
        state: Tensor | State | None = None,
        *,
        hx: Tensor | State | None = None,
    ) -> tuple[Tensor | PackedSequence, Tensor | State]:
        """Run over padded sentences, or over one sentence.

        Args:
            x: float [T, B, E], or [B, T, E] with batch_first, right-padded; or one sentence, [T, E]; or a
                PackedSequence.
            lengths: int64 [B], each in 1 .. T; None: all T. What x holds beyond them changes nothing. The initial state
                may stand here instead, as in torch's layers.
            state, hx: the initial state, float [L * D, B, H] for D directions, of the LSTM a pair (h_0, c_0); of one
                sentence [L * D, H]; None: zeros.

        Returns:
            (output, state): output like x with D * H features, zero beyond each length; the state, of the LSTM a pair
            (h_n, c_n), shaped as the initial one, is that at each sentence's own end.

        Raises:
            ValueError: the batch is empty, a length is out of range, a shape does not fit, the state is given twice, or
                a sentence is longer than the extent and `beyond` is 'error'.
        """
        if _is_state(lengths):
            lengths, first = None, lengths
        else:
            first = None
        states = [one for one in (first, state, hx) if one is not None]
        if len(states) > 1:
            raise ValueError("the initial state is given twice: as `state`, as `hx` or behind x, but once")
        initial = tuple(states[0]) if states and not isinstance(states[0], Tensor) else tuple(states)
        output, final = self._run_as_given(x, cast("Tensor | None", lengths), cast(State, initial) or None)
        return output, final[0] if len(final) == 1 else final

    def _run_as_given(
        self, x: Tensor | PackedSequence, lengths: Tensor | None, state: State | None
    ) -> tuple[Tensor | PackedSequence, State]:
        """`run` for each form that x may have, with the state as a tuple."""
        if isinstance(x, PackedSequence):
            if lengths is not None:
                raise ValueError("a PackedSequence carries its lengths: leave lengths out")
            padded, lengths = pad_packed_sequence(x, batch_first=True)
            output, final = self.run(padded, lengths, state)
            return _pack_like(output, lengths, x), final
        if x.dim() == 2 and x.shape[1] == self.input_size:
            if lengths is not None:
                raise ValueError(f"lengths are for a batch; x is one sentence, {tuple(x.shape)}: cut it to its length")
            if state is not None:
                state = tuple(part.unsqueeze(1) for part in state)
            output, final = self.run(x.unsqueeze(0), None, state)
            return output.squeeze(0), tuple(part.squeeze(1) for part in final)
        if self.batch_first:
            return self.run(x, lengths, state)
        if x.dim() != 3 or x.shape[2] != self.input_size:
            raise ValueError(f"x must be [steps, batch, {self.input_size}]; it is {tuple(x.shape)}")
        if isinstance(lengths, Tensor) and readable(lengths) and lengths.shape == x.shape[:1] != x.shape[1:2]:
            mend = f"one for each sequence of x [steps, batch, {self.input_size}]; or give the layer batch_first=True"
            raise ValueError(f"lengths must be {x.shape[1]} whole numbers, {mend}")
        output, final = self.run(x.transpose(0, 1), lengths, state)
        return output.transpose(0, 1).contiguous(), final


class TimeLSTM(TimeRecurrent):
    """A long short-term memory whose weights are any function of the step; used like torch.nn.LSTM.

    Its arguments are those of TimeStack.

    >>> lstm = TimeLSTM(3, 4, batch_first=True, sharing="unshared", extent=10)
    >>> output, (h_n, c_n) = lstm(torch.zeros(2, 7, 3), torch.tensor([7, 2]))
    >>> output.shape, h_n.shape
    (torch.Size([2, 7, 4]), torch.Size([1, 2, 4]))
    """

    cell = LSTM


class TimeGRU(TimeRecurrent):
    """A gated recurrent unit whose weights are any function of the step; used like torch.nn.GRU."""

    cell = GRU


class TimeRNN(TimeRecurrent):
    """A plain tanh net whose weights are any function of the step; used like torch.nn.RNN."""

    cell = RNN


def _is_state(given: Tensor | State | None) -> bool:
    """Whether what stands in the place of lengths is an initial state, as torch's layers have it there."""
    if isinstance(given, Tensor):
        return given.is_floating_point()
    return isinstance(given, (tuple, list)) and all(isinstance(part, Tensor) for part in given)


def _pack_like(output: Tensor, lengths: Tensor, packed: PackedSequence) -> PackedSequence:
    """Pack [B, T, H] in the order of rows that `packed` has."""
    if packed.sorted_indices is not None:
        output, lengths = output[packed.sorted_indices], lengths[packed.sorted_indices.cpu()]
    data = pack_padded_sequence(output, lengths, batch_first=True).data
    return PackedSequence(data, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices)
