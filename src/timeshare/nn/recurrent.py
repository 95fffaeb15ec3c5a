"""TimeLSTM, TimeGRU and TimeRNN: torch's recurrent layers whose weights are any function of the step."""

from typing import Self, TypedDict, Unpack, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from timeshare.nn.cells.contract import State
from timeshare.nn.cells.gru import GRU
from timeshare.nn.cells.lstm import LSTM
from timeshare.nn.cells.rnn import RNN
from timeshare.nn.choices import Align, BasisName, Beyond
from timeshare.nn.conversion import MODES, as_torch, copy_from_torch
from timeshare.nn.graph import is_open
from timeshare.nn.layer import TimeLayer
from timeshare.nn.padding import check_lengths, readable, reverse_padded, shift_to_end, shift_to_start
from timeshare.nn.schemes.sharing import Sharing
from timeshare.nn.spans import Spans
from timeshare.nn.stack import TimeStack


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


class TimeRecurrent(TimeStack):
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

    def run(self, x: Tensor, lengths: Tensor | None = None, state: State | None = None) -> tuple[Tensor, State]:
        """Run over padded sentences, [B, T, E] always, with the state as a tuple whatever the cell; see `forward`."""
        if x.dim() != 3 or x.shape[2] != self.input_size:
            raise ValueError(f"x must be [batch, steps, {self.input_size}]; it is {tuple(x.shape)}")
        batch, padded_steps, _ = x.shape
        device = x.device.type
        if torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device):
            # As torch.nn.LSTM there: all in the lower precision, outputs and states too.
            lower = torch.get_autocast_dtype(device)
            state = None if state is None else tuple(part.to(lower) for part in state)
            with torch.autocast(device, enabled=False):
                return self.run(x.to(lower), lengths, state)
        check_lengths(lengths, batch, padded_steps)
        if lengths is None or not readable(lengths):
            lengths = None if lengths is None else lengths.to(x.device)
            return self._run_layers(x, lengths, self._initial(x, state))
        num_steps = int(lengths.max())
        lengths = None if int(lengths.min()) == num_steps else lengths.to(x.device)
        output, final = self._run_layers(x[:, :num_steps], lengths, self._initial(x, state))
        return nn.functional.pad(output, (0, 0, 0, padded_steps - num_steps)), final

    def _run_layers(self, x: Tensor, lengths: Tensor | None, state: State) -> tuple[Tensor, State]:
        finals: list[State] = []
        for first in range(0, len(self.layers), self.num_directions):
            if first and self.dropout:
                x = nn.functional.dropout(x, self.dropout, self.training)
            outputs = []
            for direction in range(self.num_directions):
                index = first + direction
                initial = tuple(part[index] for part in state)
                output, final = self._run_layer(self._layer(index), x, lengths, initial, reverse=direction == 1)
                outputs.append(output)
                finals.append(final)
            x = torch.cat(outputs, dim=2) if len(outputs) > 1 else outputs[0]
        if len(finals) == 1:
            return x, tuple(part.unsqueeze(0) for part in finals[0])
        return x, tuple(torch.stack(parts) for parts in zip(*finals, strict=True))

    def _run_layer(
        self, layer: TimeLayer, x: Tensor, lengths: Tensor | None, state: State, reverse: bool
    ) -> tuple[Tensor, State]:
        """Run one direction: the reverse one reads each sentence from its end, its steps numbered as it reads them."""
        num_steps = x.shape[1]
        scheme = layer.sharing
        number = scheme.open_numbers if is_open(num_steps) else scheme.step_numbers
        numbers = number(num_steps, self.align)
        truncate = self.truncate if torch.is_grad_enabled() else None
        if lengths is None:
            output, final = layer(x.flip(1) if reverse else x, state, Spans(num_steps), numbers, truncate)
            return output.flip(1) if reverse else output, final
        read = reverse_padded(x, lengths) if reverse else x
        if self.align == "start" or layer.sharing.num_sets == 1:
            output, final = layer(read, state, Spans(num_steps, None, lengths), numbers, truncate)
        else:
            # Rows that end together share their step numbers, so one set of weights still serves the whole batch.
            spans = Spans(num_steps, num_steps - lengths, None)
            output, final = layer(shift_to_end(read, lengths), state, spans, numbers, truncate)
            output = shift_to_start(output, lengths)
        return reverse_padded(output, lengths) if reverse else output, final

    def _initial(self, x: Tensor, state: State | None) -> State:
        shape = (len(self.layers), x.shape[0], self.hidden_size)
        if state is None:
            return tuple(x.new_zeros(shape) for _ in range(self.cell.num_states))
        if len(state) != self.cell.num_states:
            raise ValueError(f"the initial state must have {self.cell.num_states} parts; it has {len(state)}")
        for part in state:
            if part.shape != shape:
                raise ValueError(f"each part of the initial state must be {shape}; one is {tuple(part.shape)}")
        return state


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
