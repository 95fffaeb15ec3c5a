"""Weights that depend on what has been read: a small LSTM scales the rows of one set at each step."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from timeshare.nn.cells.contract import Cell, State
from timeshare.nn.cells.lstm import LSTM
from timeshare.nn.graph import scan_in_graph
from timeshare.nn.initial import RecurrentStart, draw_uniform
from timeshare.nn.layer import TimeLayer
from timeshare.nn.scan import scan_plainly
from timeshare.nn.schemes.shared import Shared
from timeshare.nn.spans import Spans


class HyperLayer(TimeLayer):
    """One layer in one direction, with one set of weights whose rows a small LSTM scales.

    The small LSTM reads (h, x) at each step. From its new state come three embeddings a gate, and from these the scales
    of the gate's rows, one for W_hh, one for W_ih, and an offset to the bias:

        d_x * (W_ih x) + b_ih + d_b  and  d_h * (W_hh h) + b_hh

    are what the cell makes its step of. Scales start at 1 and offsets at 0, so that training starts from an ordinary
    net.

    Args:
        cell: of the larger net.
        input_size, hidden_size: E and H.
        sharing: the sizes of the small LSTM's state and of each gate's embeddings.
        layer_norm: normalise inside the cell, after the scaling.
        start: what the one set begins as; the small LSTM begins as torch.nn.LSTM does.

    Source: Ha, Dai & Le 2017 (arXiv 1609.09106), section 4 and appendix A.2, for the LSTM. Unlike there the scales
    start at 1, not 0.1, which suits the cell without LayerNorm.
    """

    def __init__(
        self,
        cell: Cell,
        input_size: int,
        hidden_size: int,
        sharing: "Hyper",
        layer_norm: bool,
        start: RecurrentStart,
        bias: bool = True,
    ) -> None:
        super().__init__(cell, input_size, hidden_size, sharing, layer_norm, start, bias)
        hyper_size, embedding_size = sharing.hyper_size, sharing.hyper_embedding_size
        self.hyper_size = hyper_size
        self.embedding_size = embedding_size
        self.hyper_weight_ih = nn.Parameter(torch.empty(4 * hyper_size, hidden_size + input_size))
        self.hyper_weight_hh = nn.Parameter(torch.empty(4 * hyper_size, hyper_size))
        self.hyper_bias = nn.Parameter(torch.empty(4 * hyper_size))
        # Three kinds of embeddings (for W_hh, W_ih and the bias) of each gate.
        self.embedding_weight = nn.Parameter(torch.empty(3 * cell.num_gates * embedding_size, hyper_size))
        self.embedding_bias = nn.Parameter(torch.empty(3 * cell.num_gates * embedding_size))
        self.scale_weight = nn.Parameter(torch.empty(3, cell.num_gates, hidden_size, embedding_size))

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw both nets as torch.nn does; the scales start at 1 and the offsets at 0."""
        super().reset_parameters(generator)
        draw_uniform((self.hyper_weight_ih, self.hyper_weight_hh, self.hyper_bias), self.hyper_size, generator)
        draw_uniform((self.scale_weight,), self.embedding_size, generator)
        nn.init.zeros_(self.embedding_weight)
        nn.init.ones_(self.embedding_bias)
        with torch.no_grad():
            # Rows sum to 1 for the two scales and to 0 for the offset, of embeddings that start as ones; the random
            # part makes the embeddings learn apart.
            self.scale_weight.sub_(self.scale_weight.mean(dim=3, keepdim=True))
            self.scale_weight[:2] += 1 / self.embedding_size

    def forward(
        self, x: Tensor, state: State, spans: Spans, numbers: Sequence[int] | Tensor, truncate: int | None = None
    ) -> tuple[Tensor, State]:
        """Run over padded time: x float [B, T, E], state parts float [B, H]; `numbers` have no effect."""
        x = spans.clear(x)
        weight_ih, weight_hh, bias_ih, bias_hh = (stack.squeeze(0).to(x.dtype) for stack in self._sets)
        own = {name: parameter.to(x.dtype) for name, parameter in self.named_parameters(recurse=False)}
        batch, gates = x.shape[0], self.cell.num_gates
        from_hidden, from_input = own["hyper_weight_ih"].split([self.hidden_size, x.shape[2]], dim=1)
        # The input's share of both LSTMs does not wait for the state: one product each for all steps.
        inputs = (x @ weight_ih.t(), x @ from_input.t() + own["hyper_bias"])
        norms = self.norms

        def advance(inputs: tuple[Tensor, ...], state: State) -> State:
            main_inputs, hyper_inputs = inputs
            *main, small_hidden, small_cell = state
            hidden = main[0]
            small = LSTM.step(
                hyper_inputs + hidden @ from_hidden.t(),
                small_hidden @ own["hyper_weight_hh"].t(),
                (small_hidden, small_cell),
                None,
            )
            embeddings = small[0] @ own["embedding_weight"].t() + own["embedding_bias"]
            embeddings = embeddings.view(batch, 3, gates, self.embedding_size)
            scale_hidden, scale_input, offset = torch.einsum(
                "bkge,kghe->kbgh", embeddings, own["scale_weight"]
            ).flatten(2)
            by_hidden, by_input = scale_hidden * (hidden @ weight_hh.t()), scale_input * main_inputs
            if norms is not None:
                by_hidden, by_input = norms.hidden(by_hidden), norms.inputs(by_input)
            after = self.cell.step(
                by_input + bias_ih + offset,
                by_hidden + bias_hh,
                tuple(main),
                None if norms is None else norms.state,
            )
            return *after, *small

        blank = x.new_zeros(batch, self.hyper_size)
        if torch.compiler.is_exporting():
            by_step = tuple(part.transpose(0, 1) for part in inputs)
            output, final = scan_in_graph(advance, by_step, (*state, blank, blank.clone()), spans)
        else:
            steps = list(zip(*(part.unbind(1) for part in inputs), strict=True))
            output, final = scan_plainly(
                lambda t, state: advance(steps[t], state), (*state, blank, blank), spans, truncate
            )
        return output, final[:-2]


class Hyper(Shared):
    """One set whose rows a small LSTM scales (Ha, Dai & Le 2017): no function of time, but of what has been read.

    Args:
        hyper_size: numbers of the small LSTM's state.
        hyper_embedding_size: numbers of each embedding from which a gate's rows are scaled.
    """

    layer = HyperLayer

    def __init__(self, hyper_size: int = 16, hyper_embedding_size: int = 8) -> None:
        super().__init__()
        self.hyper_size = hyper_size
        self.hyper_embedding_size = hyper_embedding_size
