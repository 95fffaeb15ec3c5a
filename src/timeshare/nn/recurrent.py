"""TimeLSTM, TimeGRU and TimeRNN: torch's recurrent layers whose weights are any function of the step."""

import copy
from typing import cast, get_args

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from timeshare.nn.cells.contract import Cell, State
from timeshare.nn.cells.gru import GRU
from timeshare.nn.cells.lstm import LSTM
from timeshare.nn.cells.rnn import RNN
from timeshare.nn.choices import Align, BasisName, Beyond, RecurrentInit, Start, check_at_least_one, check_choice
from timeshare.nn.initial import RecurrentStart
from timeshare.nn.layer import TimeLayer
from timeshare.nn.padding import check_lengths, readable, reverse_padded, shift_to_end, shift_to_start
from timeshare.nn.schemes import build_sharing
from timeshare.nn.schemes.sharing import Sharing
from timeshare.nn.spans import Spans


class TimeRecurrent(nn.Module):
    """A recurrent net of any cell whose weights are any function of the step; batch first.

    Args:
        input_size: E.
        hidden_size: H.
        num_layers: layers, each reading the one before.
        cell: the equations of a step; None: those of the class.
        sharing: the name of a scheme (docs/layers.md); or one of your own, of which each layer and direction gets a
            copy.
        extent: steps that have weights; needed by 'unshared', 'segments' and 'mixture'.
        beyond: the weights of steps beyond the extent: 'hold' the last, 'cycle', or 'error'; `beyond` may be set later.
        num_sets: K: the period, the segments, the mixed sets or the basis functions.
        bounds: the first step of each segment but the first, instead of equal segments.
        basis: 'fourier', 'polynomial', 'rbf' or 'constant'.
        scale: steps to one unit of a basis' time; None: the extent.
        align: whether steps are numbered from the first step of a sentence, or so that its last step is the extent's.
        start: whether the K sets begin independent of each other, or equal, so that training begins at the shared net
            ('fourier' and 'polynomial' always do: their further sets are deviations that start at zero).
        recurrent_init: 'uniform', as torch draws W_hh, or 'orthogonal' (nn.initial.RecurrentStart).
        forget_bias: the forget gate's bias before training; None: drawn as the others.
        layer_norm: normalise inside the cell.
        dropout: share of a layer's outputs dropped before the next layer, in training.
        bidirectional: a second set of layers reads each sentence from its end; its step 0 is the first it reads.
        truncate: window of truncated back-propagation, steps; None: gradients pass through all of time.
        hyper_size, hyper_embedding_size: of the small LSTM that makes the weights of 'hyper'.
        generator: the initial weights come from it; None: from torch's own.

    Raises:
        ValueError: an argument is missing or out of range, or num_sets, bounds or scale are given to a `sharing` that
            does not read them, or forget_bias to a cell without a forget gate; the message says which.
    """

    cell: Cell

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        cell: Cell | None = None,
        sharing: str | Sharing = "shared",
        extent: int | None = None,
        beyond: Beyond = "hold",
        num_sets: int | None = None,
        bounds: tuple[int, ...] | None = None,
        basis: BasisName = "fourier",
        scale: float | None = None,
        align: Align = "start",
        start: Start = "independent",
        recurrent_init: RecurrentInit = "uniform",
        forget_bias: float | None = None,
        layer_norm: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        truncate: int | None = None,
        hyper_size: int = 16,
        hyper_embedding_size: int = 8,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if cell is not None:
            self.cell = cell
        for name, value in (("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)):
            check_at_least_one(name, value)
        check_choice("align", align, get_args(Align))
        check_choice("start", start, get_args(Start))
        check_choice("recurrent_init", recurrent_init, get_args(RecurrentInit))
        if forget_bias is not None and self.cell.forget_gate is None:
            raise ValueError("forget_bias is for cells that have a forget gate, as the LSTM; leave it out")
        if not 0 <= dropout <= 1:
            raise ValueError(f"dropout must be in 0 .. 1; it is {dropout}")
        if truncate is not None and truncate < 1:
            raise ValueError(f"truncate must be at least 1 step; it is {truncate}")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.num_directions = 2 if bidirectional else 1
        self.align = align
        self.dropout = dropout
        self.truncate = truncate
        self.bidirectional = bidirectional

        options = {
            "extent": extent,
            "beyond": beyond,
            "num_sets": num_sets,
            "bounds": bounds,
            "basis": basis,
            "scale": scale,
            "hyper_size": hyper_size,
            "hyper_embedding_size": hyper_embedding_size,
        }
        if isinstance(sharing, Sharing):
            self.sharing = type(sharing).__name__
            for name in ("extent", "num_sets", "bounds", "scale"):
                if options[name] is not None:
                    raise ValueError(f"{name} is for schemes that are named; give it to {self.sharing}")
        else:
            self.sharing, sharing = sharing, build_sharing(sharing, options)
        kind = sharing.layer or TimeLayer
        initial = RecurrentStart(start, recurrent_init, forget_bias)
        sizes = [input_size] + [hidden_size * self.num_directions] * (num_layers - 1)
        # As in torch.nn.LSTM's states: layer by layer, in each of them the forward direction first.
        self.layers = nn.ModuleList(
            kind(self.cell, size, hidden_size, copy.deepcopy(sharing), layer_norm, initial)
            for size in sizes
            for _ in range(self.num_directions)
        )
        for index in range(len(self.layers)):
            self._layer(index).reset_parameters(generator)

    @property
    def extent(self) -> int | None:
        """Steps that have weights of their own; None where every step has."""
        return self._layer(0).sharing.extent

    @property
    def beyond(self) -> Beyond | None:
        """The rule for steps beyond the extent, which may be set at any time; None where there is no extent."""
        return None if self.extent is None else self._layer(0).sharing.beyond

    @beyond.setter
    def beyond(self, rule: Beyond) -> None:
        check_choice("beyond", rule, get_args(Beyond))
        for scheme in self.schemes():
            scheme.beyond = rule

    @property
    def num_sets(self) -> int:
        """K, the sets of weights of each layer."""
        return self._layer(0).sharing.num_sets

    @property
    def is_function_of_time(self) -> bool:
        """Whether the weights depend on the number of the step, or on nothing; 'hyper' has them depend on the input."""
        return self._layer(0).sharing.layer is None

    @property
    def runs_in_torchs_kernel(self) -> bool:
        """Whether torch's own kernel runs all of every sequence: one set of weights, its gradients not truncated."""
        one_set = self.num_sets == 1 and self.is_function_of_time and self._layer(0).norms is None
        return one_set and self.truncate is None and self.cell.kernel is not None

    def schemes(self) -> list[Sharing]:
        """The scheme of each of `layers`."""
        return [self._layer(index).sharing for index in range(len(self.layers))]

    def similarity(self, num_steps: int | None = None, layer: int = 0) -> Tensor:
        """How alike the weights of each two steps are: the cosine between them, float [T, T].

        Args:
            num_steps: T; None: the extent.
            layer: which of `layers`, where there are several (or two directions).

        Raises:
            ValueError: num_steps is missing and there is no extent, or the weights depend on the input ('hyper').
        """
        return self._layer(layer).similarity(self._steps(num_steps))

    def spread(self, num_steps: int | None = None) -> Tensor:
        """How far the weights of each step are from their mean over the steps.

        For W_t all weights of step t, of every layer, biases too: the squared Euclidean distance of W_t from the mean
        of W_1 .. W_T, float [T]. It can be differentiated; `training.pull` draws its mean over the steps towards 0.

        Args:
            num_steps: T; None: the extent.

        Raises:
            ValueError: num_steps is missing and there is no extent, or the weights depend on the input ('hyper').
        """
        steps = self._steps(num_steps)
        return torch.stack([self._layer(index).spread(steps) for index in range(len(self.layers))]).sum(0)

    def sets_by_step(self) -> list[Tensor]:
        """The stacked weights of all layers, each [T, ...], with one set for each step of the extent.

        Raises:
            ValueError: the scheme has no set for each step.
        """
        return [stack for index in range(len(self.layers)) for stack in self._layer(index).sets_by_step()]

    def _steps(self, num_steps: int | None) -> range:
        """The steps whose weights are compared."""
        if not self.is_function_of_time:
            raise ValueError(f"the weights of {self.sharing!r} depend on the input: steps cannot be compared")
        num_steps = num_steps or self.extent
        if num_steps is None:
            raise ValueError(f"sharing {self.sharing!r} has no extent: give num_steps")
        return range(num_steps)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}, num_layers={self.num_layers}, sharing={self.sharing!r}"

    def _layer(self, index: int) -> TimeLayer:
        return cast(TimeLayer, self.layers[index])

    def forward(
        self, x: Tensor | PackedSequence, lengths: Tensor | None = None, state: Tensor | State | None = None
    ) -> tuple[Tensor | PackedSequence, Tensor | State]:
        """Run over padded sentences.

        Args:
            x: float [B, T, E], right-padded, or a PackedSequence.
            lengths: int64 [B], each in 1 .. T; None: all T. What x holds beyond them changes nothing.
            state: the initial state, float [L * D, B, H] for D directions, of the LSTM a pair (h_0, c_0); None: zeros.

        Returns:
            (output, state): output float [B, T, D * H], zero beyond each length, or a PackedSequence like x; the state,
            of the LSTM a pair (h_n, c_n), is that at each sentence's own end.

        Raises:
            ValueError: the batch is empty, a length is out of range, a shape does not fit, or a sentence is longer
                than the extent and `beyond` is 'error'.
        """
        initial = (state,) if isinstance(state, Tensor) else state
        if not isinstance(x, PackedSequence):
            output, final = self.run(x, lengths, initial)
            return output, _as_torch(final)
        if lengths is not None:
            raise ValueError("a PackedSequence carries its lengths: leave lengths out")
        padded, lengths = pad_packed_sequence(x, batch_first=True)
        output, final = self.run(padded, lengths, initial)
        return _pack_like(output, lengths, x), _as_torch(final)

    def run(self, x: Tensor, lengths: Tensor | None = None, state: State | None = None) -> tuple[Tensor, State]:
        """Run over padded sentences, with the state as a tuple whatever the cell; see `forward`."""
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
        numbers = layer.sharing.step_numbers(num_steps, self.align)
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
    """A long short-term memory whose weights are any function of the step; used like torch.nn.LSTM, batch first.

    Its arguments are those of TimeRecurrent.

    >>> lstm = TimeLSTM(3, 4, sharing="unshared", extent=10)
    >>> output, (h_n, c_n) = lstm(torch.zeros(2, 7, 3), torch.tensor([7, 2]))
    >>> output.shape, h_n.shape
    (torch.Size([2, 7, 4]), torch.Size([1, 2, 4]))
    """

    cell = LSTM


class TimeGRU(TimeRecurrent):
    """A gated recurrent unit whose weights are any function of the step; used like torch.nn.GRU, batch first."""

    cell = GRU


class TimeRNN(TimeRecurrent):
    """A plain tanh net whose weights are any function of the step; used like torch.nn.RNN, batch first."""

    cell = RNN


def _as_torch(state: State) -> Tensor | State:
    """A state as torch's layers give it: bare where it has one part."""
    return state[0] if len(state) == 1 else state


def _pack_like(output: Tensor, lengths: Tensor, packed: PackedSequence) -> PackedSequence:
    """Pack [B, T, H] in the order of rows that `packed` has."""
    if packed.sorted_indices is not None:
        output, lengths = output[packed.sorted_indices], lengths[packed.sorted_indices.cpu()]
    data = pack_padded_sequence(output, lengths, batch_first=True).data
    return PackedSequence(data, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices)
