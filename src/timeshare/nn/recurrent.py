"""TimeLSTM and TimeRNN: torch.nn.LSTM and torch.nn.RNN whose weights are any function of the step."""

import math
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from timeshare.nn.cells import LSTM, RNN, Cell, CellNorms
from timeshare.nn.hyper import HyperLayer
from timeshare.nn.memory import RecycledMemory
from timeshare.nn.padding import check_lengths, reverse_padded, shift_to_end, shift_to_start
from timeshare.nn.scan import Spans, State, scan, scan_plainly
from timeshare.nn.sets import Weights
from timeshare.nn.weights import BEYOND_RULES, BasisName, Beyond, Shared, Sharing, build_sharing


class TimeLayer(nn.Module):
    """One layer in one direction: K stacked sets of weights and the scheme that makes them the weights of each step.

    Attributes:
        weight_ih, weight_hh, bias_ih, bias_hh: float [K, G*H, E], [K, G*H, H], [K, G*H] twice; G gates, rows as in
            torch.nn.LSTM (i, f, g, o).
        sharing: the scheme.
        fast: run the fast loop where it applies; false: the plain loop, which can be differentiated twice.
    """

    def __init__(
        self,
        cell: Cell,
        input_size: int,
        hidden_size: int,
        sharing: Sharing,
        layer_norm: bool,
        generator: torch.Generator | None,
    ) -> None:
        super().__init__()
        self.cell = cell
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.sharing = sharing
        self.fast = True
        sets, rows = sharing.num_sets, cell.num_gates * hidden_size
        self.weight_ih = nn.Parameter(torch.empty(sets, rows, input_size))
        self.weight_hh = nn.Parameter(torch.empty(sets, rows, hidden_size))
        self.bias_ih = nn.Parameter(torch.empty(sets, rows))
        self.bias_hh = nn.Parameter(torch.empty(sets, rows))
        self.norms = CellNorms(cell, hidden_size) if layer_norm else None
        self.memory = RecycledMemory()
        self.reset_parameters(generator)

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw every set as torch.nn.LSTM does, from U(-1 / sqrt(H), 1 / sqrt(H)); deviations start at zero."""
        bound = 1 / math.sqrt(self.hidden_size)
        for weight in (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh):
            nn.init.uniform_(weight, -bound, bound, generator=generator)
            with torch.no_grad():
                weight[self.sharing.random_sets :] = 0

    def weights_at(self, numbers: Tensor, dtype: torch.dtype | None = None) -> list[tuple[Tensor, Tensor, Tensor]]:
        """(weight_ih [G*H, E], weight_hh [G*H, H], bias [G*H]) at each of the step numbers int64 [T]; differentiable."""
        stacks = self._stacks(dtype or self.weight_ih.dtype)
        picks = self.sharing.picks(numbers)
        if picks is None:
            coefficients = self._coefficients(numbers, stacks[0])
            steps = [torch.einsum("tk,k...->t...", coefficients, stack).unbind(0) for stack in stacks]
        else:
            sets = [stack.unbind(0) for stack in stacks]
            steps = [[stack[k] for k in picks] for stack in sets]
        return list(zip(*steps, strict=True))

    @torch.no_grad()
    def similarity(self, numbers: Tensor) -> Tensor:
        """Cosine between the weights (all of a step's, biases too) of each two of the steps: float [T, T]."""
        flat = torch.cat(
            [stack.flatten(1) for stack in (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)], dim=1
        )
        coefficients = self._coefficients(numbers, flat)
        # <W(s), W(t)> = sum_kl phi_k(s) phi_l(t) <W_k, W_l>: the weights of T steps are never formed.
        products = coefficients @ (flat @ flat.t()) @ coefficients.t()
        norms = products.diagonal().clamp_min(torch.finfo(products.dtype).tiny).sqrt()
        return products / norms.unsqueeze(0) / norms.unsqueeze(1)

    def forward(
        self, x: Tensor, state: State, spans: Spans, numbers: Tensor, truncate: int | None = None
    ) -> tuple[Tensor, State]:
        """Run over padded time: x float [B, T, E], state parts [B, H], step numbers int64 [T]."""
        if self.norms is not None or not self.fast or torch.compiler.is_compiling():
            return self._plainly(x, state, spans, numbers, truncate)
        if isinstance(self.sharing, Shared) and truncate is None and spans.stops is None and spans.starts is None:
            return self._torch_kernel(x, state)
        picks = self.sharing.picks(numbers)
        stacks = self._stacks(x.dtype)
        coefficients = None if picks is not None else self._coefficients(numbers, stacks[0])
        return scan(self.cell, x, stacks, picks, coefficients, state, spans, self.memory, truncate=truncate)

    def _plainly(
        self, x: Tensor, state: State, spans: Spans, numbers: Tensor, truncate: int | None
    ) -> tuple[Tensor, State]:
        active = spans.active()
        steps = (x if active is None else x.masked_fill(~active.unsqueeze(2), 0)).unbind(1)
        weights = self.weights_at(numbers, x.dtype)
        norms = self.norms

        def step(t: int, state: State) -> State:
            weight_ih, weight_hh, bias = weights[t]
            by_input, by_hidden = steps[t] @ weight_ih.t(), state[0] @ weight_hh.t()
            if norms is not None:
                by_input, by_hidden = norms.inputs(by_input), norms.hidden(by_hidden)
            return self.cell.step(by_input + by_hidden + bias, state, None if norms is None else norms.state)

        return scan_plainly(step, state, spans, truncate)

    def _stacks(self, dtype: torch.dtype) -> Weights:
        """The sets in the type of the input, which is not their own under autocast."""
        return self.weight_ih.to(dtype), self.weight_hh.to(dtype), (self.bias_ih + self.bias_hh).to(dtype)

    def _coefficients(self, numbers: Tensor, like: Tensor) -> Tensor:
        return self.sharing.coefficients(numbers).to(like)

    def _torch_kernel(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        weights = [weight.squeeze(0).to(x.dtype) for weight in (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)]
        parts = [part.unsqueeze(0) for part in state]
        if self.cell is LSTM:
            output, *final = torch.lstm(x, parts, weights, True, 1, 0.0, self.training, False, True)
        else:
            output, *final = torch.rnn_tanh(x, parts[0], weights, True, 1, 0.0, self.training, False, True)
        return output, tuple(part.squeeze(0) for part in final)


class TimeRecurrent(nn.Module):
    """What TimeLSTM and TimeRNN have in common: layers, directions, ragged batches; use one of those two."""

    cell: ClassVar[Cell]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        sharing: str = "shared",
        extent: int | None = None,
        beyond: Beyond = "hold",
        num_sets: int | None = None,
        bounds: tuple[int, ...] | None = None,
        basis: BasisName = "fourier",
        scale: float | None = None,
        align: Literal["start", "end"] = "start",
        layer_norm: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        truncate: int | None = None,
        hyper_size: int = 16,
        hyper_embedding_size: int = 8,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        for name, value in (("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1; it is {value}")
        if align not in ("start", "end"):
            raise ValueError(f"align must be 'start' or 'end'; it is {align!r}")
        if not 0 <= dropout <= 1:
            raise ValueError(f"dropout must be in 0 .. 1; it is {dropout}")
        if truncate is not None and truncate < 1:
            raise ValueError(f"truncate must be at least 1 step; it is {truncate}")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.num_directions = 2 if bidirectional else 1
        self.sharing = sharing
        self.align = align
        self.dropout = dropout
        self.truncate = truncate
        self.bidirectional = bidirectional
        sizes = [input_size] + [hidden_size * self.num_directions] * (num_layers - 1)
        if sharing == "hyper":
            if self.cell is not LSTM:
                raise ValueError("sharing 'hyper' is an LSTM; use TimeLSTM")
            layers: list[nn.Module] = [
                HyperLayer(size, hidden_size, hyper_size, hyper_embedding_size, layer_norm, generator)
                for size in sizes
                for _ in range(self.num_directions)
            ]
        else:
            layers = [
                TimeLayer(
                    self.cell,
                    size,
                    hidden_size,
                    build_sharing(
                        sharing,
                        extent=extent,
                        beyond=beyond,
                        num_sets=num_sets,
                        bounds=bounds,
                        basis=basis,
                        scale=scale,
                        generator=generator,
                    ),
                    layer_norm,
                    generator,
                )
                for size in sizes
                for _ in range(self.num_directions)
            ]
        self.layers = nn.ModuleList(layers)

    @property
    def extent(self) -> int | None:
        """Steps that have weights of their own; None where every step has."""
        extent: int | None = self.layers[0].sharing.extent
        return extent

    @property
    def beyond(self) -> Beyond | None:
        """The rule for steps beyond the extent, which may be set at any time; None where there is no extent."""
        beyond: Beyond = self.layers[0].sharing.beyond
        return None if self.extent is None else beyond

    @beyond.setter
    def beyond(self, rule: Beyond) -> None:
        if rule not in BEYOND_RULES:
            raise ValueError(f"beyond must be one of {', '.join(BEYOND_RULES)}; it is {rule!r}")
        for layer in self.layers:
            layer.sharing.beyond = rule

    def similarity(self, num_steps: int | None = None, layer: int = 0) -> Tensor:
        """How alike the weights of each two steps are: cosine, float [T, T] (reference: Savarese & Maire 2019).

        Args:
            num_steps: T; None: the extent.
            layer: which of `layers`, where there are several (or two directions).

        Raises:
            ValueError: num_steps is missing and there is no extent, or the weights depend on the input ('hyper').
        """
        num_steps = num_steps or self.extent
        if num_steps is None:
            raise ValueError(f"sharing {self.sharing!r} has no extent: give num_steps")
        chosen = self.layers[layer]
        return chosen.similarity(chosen.sharing.step_numbers(num_steps))

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}, num_layers={self.num_layers}, sharing={self.sharing!r}"

    def _run(
        self, x: Tensor | PackedSequence, lengths: Tensor | None, state: State | None
    ) -> tuple[Tensor | PackedSequence, State]:
        """Run all layers; state parts are [L * D, B, H], as in torch.nn.LSTM."""
        if isinstance(x, PackedSequence):
            if lengths is not None:
                raise ValueError("a PackedSequence carries its lengths: leave lengths out")
            padded, own_lengths = pad_packed_sequence(x, batch_first=True)
            output, final = self._run(padded, own_lengths, state)
            return _pack_like(output, own_lengths, x), final
        if x.dim() != 3 or x.shape[2] != self.input_size:
            raise ValueError(f"x must be [batch, steps, {self.input_size}]; it is {tuple(x.shape)}")
        batch, padded_steps, _ = x.shape
        full = lengths is None
        lengths = torch.full((batch,), padded_steps) if lengths is None else lengths
        check_lengths(lengths, batch, padded_steps)
        num_steps = int(lengths.max())
        full = full or int(lengths.min()) == num_steps
        lengths = lengths.to(x.device)
        if torch.is_autocast_enabled(x.device.type):
            kind = torch.get_autocast_dtype(x.device.type)
            state = None if state is None else tuple(part.to(kind) for part in state)
            with torch.autocast(x.device.type, enabled=False):
                return self._run(x.to(kind), None if full else lengths, state)
        state = self._initial(x, state)
        x = x[:, :num_steps]
        finals: list[State] = []
        for index, layer in enumerate(self.layers):
            forward = index % self.num_directions == 0
            if forward:
                if index and self.dropout:
                    x = nn.functional.dropout(x, self.dropout, self.training)
                outputs: list[Tensor] = []
            output, final = self._run_layer(
                layer, x, None if full else lengths, tuple(part[index] for part in state), reverse=not forward
            )
            outputs.append(output)
            finals.append(final)
            if len(outputs) == self.num_directions:
                x = torch.cat(outputs, dim=2) if len(outputs) > 1 else output
        if num_steps < padded_steps:
            x = nn.functional.pad(x, (0, 0, 0, padded_steps - num_steps))
        return x, tuple(torch.stack(parts) for parts in zip(*finals, strict=True))

    def _run_layer(
        self, layer: nn.Module, x: Tensor, lengths: Tensor | None, state: State, reverse: bool
    ) -> tuple[Tensor, State]:
        """Run one direction: the reverse one reads each sentence from its end, its steps numbered as it reads them."""
        num_steps = x.shape[1]
        numbers = layer.sharing.step_numbers(num_steps, self.align)
        if lengths is None:
            read = x.flip(1) if reverse else x
            output, final = layer(read, state, Spans(num_steps), numbers, self.truncate)
            return output.flip(1) if reverse else output, final
        read = reverse_padded(x, lengths) if reverse else x
        if self.align == "start":
            output, final = layer(read, state, Spans(num_steps, None, lengths), numbers, self.truncate)
        else:
            # Rows that end together share their step numbers, so one set of weights still serves the whole batch.
            spans = Spans(num_steps, num_steps - lengths, None)
            output, final = layer(shift_to_end(read, lengths), state, spans, numbers, self.truncate)
            output = shift_to_start(output, lengths)
        return reverse_padded(output, lengths) if reverse else output, final

    def _initial(self, x: Tensor, state: State | None) -> State:
        shape = (len(self.layers), x.shape[0], self.hidden_size)
        if state is None:
            return tuple(x.new_zeros(shape) for _ in range(self.cell.num_states))
        for part in state:
            if part.shape != shape:
                raise ValueError(f"each part of the initial state must be {shape}; one is {tuple(part.shape)}")
        return state


class TimeLSTM(TimeRecurrent):
    """A long short-term memory whose weights are any function of the step; used like torch.nn.LSTM, batch first.

    Args:
        input_size: E.
        hidden_size: H.
        num_layers: layers, each reading the one before.
        sharing: 'shared', 'unshared', 'periodic', 'segments', 'mixture', 'basis' or 'hyper' (docs/layers.md).
        extent: steps that have weights; needed by 'unshared', 'segments' and 'mixture'.
        beyond: the weights of steps beyond the extent: 'hold' the last, 'cycle', or 'error'; `beyond` may be set later.
        num_sets: K: the period, the segments, the mixed sets or the basis functions.
        bounds: the first step of each segment but the first, instead of equal segments.
        basis: 'fourier', 'polynomial', 'rbf' or 'constant'.
        scale: steps to one unit of a basis' time; None: the extent.
        align: whether steps are numbered from the first step of a sentence, or so that its last step is the extent's.
        layer_norm: normalise inside the cell.
        dropout: share of a layer's outputs dropped before the next layer, in training.
        bidirectional: a second set of layers reads each sentence from its end; its step 0 is the first it reads.
        truncate: window of truncated back-propagation, steps; None: gradients pass through all of time.
        hyper_size, hyper_embedding_size: of the small LSTM that makes the weights of 'hyper'.
        generator: the initial weights come from it; None: from torch's own.

    Raises:
        ValueError: an argument is missing or out of range; the message says which.

    >>> lstm = TimeLSTM(3, 4, sharing="unshared", extent=10)
    >>> output, (h_n, c_n) = lstm(torch.zeros(2, 7, 3), torch.tensor([7, 2]))
    >>> output.shape, h_n.shape
    (torch.Size([2, 7, 4]), torch.Size([1, 2, 4]))
    """

    cell = LSTM

    def forward(
        self, x: Tensor | PackedSequence, lengths: Tensor | None = None, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor | PackedSequence, tuple[Tensor, Tensor]]:
        """Run over padded sentences.

        Args:
            x: float [B, T, E], right-padded, or a PackedSequence.
            lengths: int64 [B], each in 1 .. T; None: all T. What x holds beyond them changes nothing.
            state: (h_0, c_0), each float [L * D, B, H] for D directions; None: zeros.

        Returns:
            (output, (h_n, c_n)): output float [B, T, D * H], zero beyond each length, or a PackedSequence like x; the
            states float [L * D, B, H] are those at each sentence's own end.

        Raises:
            ValueError: the batch is empty, a length is out of range, a shape does not fit, or a sentence is longer
                than the extent and `beyond` is 'error'.
        """
        output, (hidden, cell) = self._run(x, lengths, state)
        return output, (hidden, cell)


class TimeRNN(TimeRecurrent):
    """A plain tanh net whose weights are any function of the step; used like torch.nn.RNN, batch first.

    It takes the arguments of TimeLSTM, but for sharing 'hyper', which is an LSTM.
    """

    cell = RNN

    def forward(
        self, x: Tensor | PackedSequence, lengths: Tensor | None = None, state: Tensor | None = None
    ) -> tuple[Tensor | PackedSequence, Tensor]:
        """Run over padded sentences: as TimeLSTM.forward, with h_0 for a state and (output, h_n) returned."""
        output, (hidden,) = self._run(x, lengths, None if state is None else (state,))
        return output, hidden


def _pack_like(output: Tensor, lengths: Tensor, packed: PackedSequence) -> PackedSequence:
    """Pack [B, T, H] in the order of rows that `packed` has."""
    if packed.sorted_indices is not None:
        output, lengths = output[packed.sorted_indices], lengths[packed.sorted_indices.cpu()]
    data = pack_padded_sequence(output, lengths, batch_first=True).data
    return PackedSequence(data, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices)
