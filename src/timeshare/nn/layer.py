"""One recurrent layer in one direction: its sets of weights, run by the fastest loop that applies."""

from collections.abc import Sequence
from itertools import groupby

import torch
from torch import Tensor, nn

from timeshare.nn.cells.contract import Cell, CellNorms, Kernel, State
from timeshare.nn.graph import is_transformed, scan_in_graph
from timeshare.nn.initial import RecurrentStart, draw_orthogonal
from timeshare.nn.memory import DeviceConstants, RecycledMemory
from timeshare.nn.padding import last_steps
from timeshare.nn.scan import run_plainly, scan, step_plainly
from timeshare.nn.schemes.sharing import Sharing
from timeshare.nn.sets import Weights, weights_by_step
from timeshare.nn.spans import Spans

KERNEL_RUN = 3  # steps on one set, on average, from which torch's own loop is the faster one


class TimeLayer(nn.Module):
    """One layer in one direction: K stacked sets of weights and the scheme that makes them the weights of each step.

    Its weights are not drawn yet: `reset_parameters` does that.

    Args:
        cell: the equations.
        input_size, hidden_size: E and H.
        sharing: the scheme.
        layer_norm: normalise inside the cell.
        start: what the sets begin as.
        bias: learn biases; false: they are zero, and neither parameters nor in the state_dict.

    Attributes:
        weight_ih, weight_hh, bias_ih, bias_hh: float [K, G*H, E], [K, G*H, H], [K, G*H] twice; G gates, rows as in
            torch's layer of the cell.
        plain: run the plain loop always, step by step as the equations are written.
    """

    def __init__(
        self,
        cell: Cell,
        input_size: int,
        hidden_size: int,
        sharing: Sharing,
        layer_norm: bool,
        start: RecurrentStart,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.cell = cell
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.sharing = sharing
        self.start = start
        self.plain = False
        sets, rows = sharing.num_sets, cell.num_gates * hidden_size
        self.weight_ih = nn.Parameter(torch.empty(sets, rows, input_size))
        self.weight_hh = nn.Parameter(torch.empty(sets, rows, hidden_size))
        for name in ("bias_ih", "bias_hh"):
            if bias:
                self.register_parameter(name, nn.Parameter(torch.empty(sets, rows)))
            else:
                self.register_buffer(name, torch.zeros(sets, rows), persistent=False)
        self.norms = CellNorms(cell, hidden_size) if layer_norm else None
        self.memory = RecycledMemory()
        self.constants = DeviceConstants()

    bias_ih: Tensor
    bias_hh: Tensor

    @torch.no_grad()
    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw what the scheme learns, and the sets as `start` says; where it says nothing, as torch.nn.LSTM does.

        The numbers come from the generator; None: from torch's own.
        """
        self.sharing.reset_parameters(generator)
        for stack in self.learned:
            self.sharing.draw_sets(stack, self.hidden_size, self.start.sets, generator)
        if self.start.recurrent == "orthogonal":
            drawn = self.weight_hh[:1] if self.start.sets == "equal" else self.weight_hh
            draw_orthogonal(self._by_gate(drawn), generator)
            self.sharing.relate_sets(self.weight_hh, self.start.sets)
        if self.start.forget_bias is not None and self.cell.forget_gate is not None:
            for bias, value in ((self.bias_ih, self.start.forget_bias), (self.bias_hh, 0.0)):
                nn.init.constant_(self._by_gate(bias)[:, self.cell.forget_gate], value)
                self.sharing.relate_sets(bias, self.start.sets)

    def _by_gate(self, stack: Tensor) -> Tensor:
        """[K, G*H, ...] as [K, G, H, ...]."""
        return stack.unflatten(1, (self.cell.num_gates, self.hidden_size))

    @property
    def _sets(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    @property
    def learned(self) -> tuple[Tensor, ...]:
        """The stacked weights that are parameters: all, or all but the biases."""
        return tuple(stack for stack in self._sets if isinstance(stack, nn.Parameter))

    def weights_at(self, numbers: Sequence[int], dtype: torch.dtype | None = None) -> list[Weights]:
        """(weight_ih [G*H, E], weight_hh [G*H, H], bias_ih, bias_hh [G*H]) at each step number, differentiable."""
        stacks = Weights(*(stack.to(dtype or stack.dtype) for stack in self._sets))
        picks = self.sharing.picks(numbers)
        coefficients = None if picks is not None else self._coefficients(numbers, stacks.weight_ih)
        return weights_by_step(stacks, picks, coefficients)

    @torch.no_grad()
    def similarity(self, numbers: Sequence[int]) -> Tensor:
        """Cosine between the weights (all of a step's, biases too) of each two of the steps: float [T, T]."""
        flat = torch.cat([stack.flatten(1) for stack in self._sets], dim=1)
        # In float64, so that how a product of so long rows is shared among threads is rounded away in the end.
        exact = flat.double()
        coefficients = self._coefficients(numbers, exact)
        # <W(s), W(t)> = sum_kl phi_k(s) phi_l(t) <W_k, W_l>: the weights of T steps are never formed.
        products = coefficients @ (exact @ exact.t()) @ coefficients.t()
        # Not sqrt: MKL's, which torch takes, starts from an instruction whose last bits are each maker's own.
        inverse = products.diagonal().clamp_min(torch.finfo(products.dtype).tiny).rsqrt()
        return (products * inverse.unsqueeze(0) * inverse.unsqueeze(1)).to(flat.dtype)

    def spread(self, numbers: Sequence[int]) -> Tensor:
        """The squared distance of each step's weights (biases too) from their mean over the steps: float [T]."""
        flat = torch.cat([stack.flatten(1) for stack in self._sets], dim=1)
        coefficients = self._coefficients(numbers, flat)
        return ((coefficients - coefficients.mean(0)) @ flat).square().sum(1)

    def sets_by_step(self) -> tuple[Tensor, ...]:
        """The stacked weights, biases too, each [T, ...]: one set for each step of the extent, in order.

        Raises:
            ValueError: the scheme has no set for each step.
        """
        steps = range(self.sharing.extent or 0)
        if self.sharing.num_sets != len(steps) or self.sharing.picks(steps) != list(steps):
            raise ValueError(f"sharing {type(self.sharing).__name__} has no set of weights for each step")
        return self.learned

    def forward(
        self, x: Tensor, state: State, spans: Spans, numbers: Sequence[int] | Tensor, truncate: int | None = None
    ) -> tuple[Tensor, State]:
        """Run over padded time.

        Args:
            x: float [B, T, E].
            state: the initial state, parts float [B, H].
            spans: the steps of each sequence.
            numbers: the numbers of the T steps; a tensor in an exported graph that leaves T open.
            truncate: window of truncated back-propagation, steps; None: gradients pass through all of time.

        Returns:
            (output [B, T, H], the state after each sequence's last step).
        """
        if torch.compiler.is_exporting() or isinstance(numbers, Tensor):
            return self._in_graph(x, state, spans, numbers)
        looped = self.norms is not None or self.cell.forward is None or self.plain
        if looped or torch.compiler.is_compiling() or is_transformed():
            return self._plainly(x, state, spans, numbers, truncate)
        picks, kernel = self.sharing.picks(numbers), self.cell.kernel
        if picks is not None and kernel is not None and truncate is None and spans.starts is None:
            runs = [(k, sum(1 for _ in steps)) for k, steps in groupby(picks)]
            if len(runs) == 1 or len(picks) >= KERNEL_RUN * len(runs):
                return self._in_torch(kernel, x, state, spans, runs)
        stacks = self._stacks(x.dtype)
        coefficients = None if picks is not None else self._coefficients(numbers, x)
        return scan(self.cell, x, stacks, picks, coefficients, state, spans, self.memory, truncate=truncate)

    def _plainly(
        self, x: Tensor, state: State, spans: Spans, numbers: Sequence[int], truncate: int | None
    ) -> tuple[Tensor, State]:
        weights = self.weights_at(numbers, x.dtype)
        return run_plainly(self.cell, spans.clear(x), weights, state, spans, truncate, self.norms)

    def _in_graph(self, x: Tensor, state: State, spans: Spans, numbers: Sequence[int] | Tensor) -> tuple[Tensor, State]:
        """Run as one node of a graph, in which each step finds or forms its own weights."""
        stacks = [stack.to(x.dtype) for stack in self._sets]
        inputs, norms = spans.clear(x).transpose(0, 1), self.norms
        if isinstance(numbers, Tensor):
            parts = self.sharing.at(numbers)
        else:
            picks = self.sharing.picks(numbers)
            parts = self.sharing.coefficients(numbers) if picks is None else torch.tensor(picks)
        parts = parts.to(x) if parts.is_floating_point() else parts.to(x.device)

        def step(read: tuple[Tensor, ...], state: State) -> State:
            now, part = read
            weights = Weights(*(_formed(stack, part) for stack in stacks))
            return step_plainly(self.cell, now, weights, state, norms)

        return scan_in_graph(step, (inputs, parts), state, spans)

    def _stacks(self, dtype: torch.dtype) -> Weights:
        """The sets in the type of the input, which is not their own under autocast."""
        apart = self.cell.apart
        bias = self.bias_ih if apart else self.bias_ih + self.bias_hh
        bias_hh = self.bias_hh.to(dtype) if apart else None
        return Weights(self.weight_ih.to(dtype), self.weight_hh.to(dtype), bias.to(dtype), bias_hh)

    def _coefficients(self, numbers: Sequence[int], like: Tensor) -> Tensor:
        return self.constants.on(like.device, self.sharing.coefficients(numbers)).to(like)

    def _in_torch(
        self, kernel: Kernel, x: Tensor, state: State, spans: Spans, runs: list[tuple[int, int]]
    ) -> tuple[Tensor, State]:
        """Run torch's own loop on each run of steps that share a set; runs are (set, steps).

        On padded batches too: on packed ones that loop takes two to four times as long.
        """
        sets = [_unstack(stack.to(x.dtype)) for stack in self._sets]
        outside = spans.outside()
        if outside is not None:
            x = x.masked_fill(outside.unsqueeze(2), 0)
        if outside is not None and self.cell.hold:
            # One more input, 1 on padding, whose weights saturate the gates so that the cell state stays what it was
            # at the sentence's own end: exactly, in any precision, and its gradient too.
            x = torch.cat([x, outside.to(x.dtype).unsqueeze(2)], dim=2)
            hold = torch.cat([x.new_full((self.hidden_size, 1), value) for value in self.cell.hold])
            sets[0] = tuple(torch.cat([weight_ih, hold], dim=1) for weight_ih in sets[0])
        outputs = []
        for piece, (k, _) in zip(x.split([steps for _, steps in runs], dim=1), runs, strict=True):
            parts = [part.unsqueeze(0) for part in state]
            initial = parts if len(parts) > 1 else parts[0]
            chosen = [stack[k] for stack in sets]
            output, *parts = kernel(piece, initial, chosen, True, 1, 0.0, torch.is_grad_enabled(), False, True)
            state = tuple(part.squeeze(0) for part in parts)
            outputs.append(output)
        output = torch.cat(outputs, dim=1) if len(outputs) > 1 else outputs[0]
        if outside is None or spans.stops is None:
            return output, state
        return output.masked_fill(outside.unsqueeze(2), 0), (last_steps(output, spans.stops), *state[1:])


def _unstack(stack: Tensor) -> tuple[Tensor, ...]:
    """The sets; where there is one, without the copy of its gradient that `unbind` makes."""
    return (stack.squeeze(0),) if len(stack) == 1 else stack.unbind(0)


def _formed(stack: Tensor, part: Tensor) -> Tensor:
    """A stacked weight [K, ...] at a step: of the set picked, an int64 number, or of proportions, float [K]."""
    if part.is_floating_point():
        return torch.einsum("k,k...->...", part, stack)
    return stack.squeeze(0) if len(stack) == 1 else stack.index_select(0, part.reshape(1)).squeeze(0)
