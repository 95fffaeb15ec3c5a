"""HyperLSTM: a small LSTM scales the rows of a larger one's weights at each step, by what has been read."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from timeshare.nn.cells import LSTM, CellNorms
from timeshare.nn.layer import Layer
from timeshare.nn.scan import scan_plainly
from timeshare.nn.spans import Spans, State
from timeshare.nn.weights import Shared


class HyperLayer(Layer):
    """One layer in one direction of a HyperLSTM.

    A small LSTM reads (h, x) at each step. From its new state come three embeddings a gate, and from these the scales
    of the gate's rows, one for W_hh, one for W_ih, and an offset to the bias:

        gate = d_h * (W_hh h) + d_x * (W_ih x) + b + d_b

    Scales start at 1 and offsets at 0, so that training starts from an ordinary LSTM.

    Args:
        input_size: E.
        hidden_size: H.
        hyper_size: of the small LSTM's state.
        embedding_size: of each gate's embeddings.
        layer_norm: normalise inside the cell, after the scaling.
        generator: the initial weights come from it; None: from torch's own.

    Source: Ha, Dai & Le 2017 (arXiv 1609.09106), section 4 and appendix A.2. Unlike there the scales start at 1, not
    0.1, which suits the cell without LayerNorm.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        hyper_size: int,
        embedding_size: int,
        layer_norm: bool,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(Shared())
        self.hidden_size = hidden_size
        self.hyper_size = hyper_size
        self.embedding_size = embedding_size
        rows = LSTM.num_gates * hidden_size
        self.weight_ih = nn.Parameter(torch.empty(rows, input_size))
        self.weight_hh = nn.Parameter(torch.empty(rows, hidden_size))
        self.bias_ih = nn.Parameter(torch.empty(rows))
        self.bias_hh = nn.Parameter(torch.empty(rows))
        self.hyper_weight_ih = nn.Parameter(torch.empty(4 * hyper_size, hidden_size + input_size))
        self.hyper_weight_hh = nn.Parameter(torch.empty(4 * hyper_size, hyper_size))
        self.hyper_bias = nn.Parameter(torch.empty(4 * hyper_size))
        # Three kinds of embeddings (for W_hh, W_ih and the bias) of each of the four gates.
        self.embedding_weight = nn.Parameter(torch.empty(3 * LSTM.num_gates * embedding_size, hyper_size))
        self.embedding_bias = nn.Parameter(torch.empty(3 * LSTM.num_gates * embedding_size))
        self.scale_weight = nn.Parameter(torch.empty(3, LSTM.num_gates, hidden_size, embedding_size))
        self.norms = CellNorms(LSTM, hidden_size) if layer_norm else None
        self.reset_parameters(generator)

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw both LSTMs as torch.nn.LSTM does; the hyper net's scales start at 1 and its offsets at 0."""
        bound = 1 / math.sqrt(self.hidden_size)
        for weight in (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh):
            nn.init.uniform_(weight, -bound, bound, generator=generator)
        bound = 1 / math.sqrt(self.hyper_size)
        for weight in (self.hyper_weight_ih, self.hyper_weight_hh, self.hyper_bias):
            nn.init.uniform_(weight, -bound, bound, generator=generator)
        bound = 1 / math.sqrt(self.embedding_size)
        nn.init.uniform_(self.scale_weight, -bound, bound, generator=generator)
        nn.init.zeros_(self.embedding_weight)
        nn.init.ones_(self.embedding_bias)
        with torch.no_grad():
            # Rows sum to 1 for the two scales and to 0 for the offset, of embeddings that start as ones; the random
            # part makes the embeddings learn apart.
            self.scale_weight.sub_(self.scale_weight.mean(dim=3, keepdim=True))
            self.scale_weight[:2] += 1 / self.embedding_size

    def similarity(self, numbers: Sequence[int]) -> Tensor:
        """Refuse: the weights of a step depend on what has been read, not on the step."""
        raise ValueError("the weights of 'hyper' depend on the input, not on the step: there is no similarity of steps")

    def forward(
        self, x: Tensor, state: State, spans: Spans, numbers: Sequence[int], truncate: int | None = None
    ) -> tuple[Tensor, State]:
        """Run over padded time: x float [B, T, E], state (h, c) float [B, H]; `numbers` have no effect."""
        outside = spans.outside()
        if outside is not None:
            x = x.masked_fill(outside.unsqueeze(2), 0)
        own = {name: parameter.to(x.dtype) for name, parameter in self.named_parameters(recurse=False)}
        batch = x.shape[0]
        bias = (own["bias_ih"] + own["bias_hh"]).view(4, -1)
        from_hidden, from_input = own["hyper_weight_ih"].split([self.hidden_size, x.shape[2]], dim=1)
        # The input's share of both LSTMs does not wait for the state: one product each for all steps.
        main_inputs = (x @ own["weight_ih"].t()).unbind(1)
        hyper_inputs = (x @ from_input.t() + own["hyper_bias"]).unbind(1)
        norms = self.norms

        def step(t: int, state: State) -> State:
            hidden, cell, *hyper = state
            hyper_gates = hyper_inputs[t] + hidden @ from_hidden.t() + hyper[0] @ own["hyper_weight_hh"].t()
            hyper_hidden, hyper_cell = LSTM.step(hyper_gates, tuple(hyper), None)
            embeddings = hyper_hidden @ own["embedding_weight"].t() + own["embedding_bias"]
            embeddings = embeddings.view(batch, 3, 4, self.embedding_size)
            scale_hidden, scale_input, offset = torch.einsum("bkge,kghe->kbgh", embeddings, own["scale_weight"])
            by_hidden = (scale_hidden * (hidden @ own["weight_hh"].t()).view(batch, 4, -1)).flatten(1)
            by_input = (scale_input * main_inputs[t].view(batch, 4, -1)).flatten(1)
            if norms is not None:
                by_hidden, by_input = norms.hidden(by_hidden), norms.inputs(by_input)
            gates = by_hidden + by_input + (bias + offset).flatten(1)
            after = LSTM.step(gates, (hidden, cell), None if norms is None else norms.state)
            return *after, hyper_hidden, hyper_cell

        blank = x.new_zeros(batch, self.hyper_size)
        output, (hidden, cell, *_) = scan_plainly(step, (*state, blank, blank), spans, truncate)
        return output, (hidden, cell)
