"""What a recurrent cell is: the equations of one step, and, where it has one, a fast loop with its adjoint.

Layout of the fast loop: features first, batch last ([H, B]), so that the gates of a step are consecutive blocks of
memory and every element-wise operation runs over contiguous numbers. Buffers hold all steps; slot t of a state is the
state that step t reads, so slot 0 is the initial state and slot t + 1 what step t leaves.

The adjoint splits what can be computed for many steps at once (the local derivatives) from what has to wait for the
gradient of the step after: the loop is left with a handful of products a step.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

State = tuple[Tensor, ...]
Normalise = Callable[[Tensor], Tensor]
Kernel = Callable[..., tuple[Tensor, ...]]

SATURATING = 1e4  # a sigmoid of it is 1, and of its negative 0, to the last bit
# torch's own: sigmoid_backward(d, y) = d y (1 - y) and tanh_backward(d, y) = d (1 - y^2), of the outputs y.
sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
tanh_backward = torch.ops.aten.tanh_backward.grad_input


class Forward(Protocol):
    """The forward loop of a cell, over buffers that hold all steps."""

    @property
    def buffers(self) -> tuple[Tensor, ...]:
        """What the adjoint reads."""

    @property
    def states(self) -> tuple[Tensor, ...]:
        """Each [T + 1, H, B]; the first is the hidden state."""

    @property
    def gates(self) -> Tensor:
        """[T, G * H, B]; before a step it holds W_ih x and the biases (of a cell that is `apart`, b_ih alone)."""

    @property
    def by_hidden(self) -> Tensor | None:
        """[T, G * H, B]; before a step it holds b_hh. None where the cell is not `apart`."""

    def advance(self, step: int, weight_hh: Tensor) -> None:
        """Turn the state in slot `step` into that in slot step + 1; weight_hh [G * H, H] is the step's."""


class Adjoint(Protocol):
    """The backward loop of a cell: it holds the gradients of the state that the step at hand leaves."""

    @property
    def hidden(self) -> Tensor:
        """[T + 1, H, B]."""

    @property
    def gradients(self) -> tuple[Tensor, ...]:
        """Of the state, each [H, B]; the first is the hidden state's."""

    def load(self, start: int, stop: int, arriving: Tensor | None) -> None:
        """Compute the local derivatives of the steps of a window, at whose outputs this arrives, [n, H, B]."""

    def retreat(self, step: int, weight_hh: Tensor) -> None:
        """Add what arrives, and turn `gradients` past the step, whose weight_hh, transposed, is [H, G * H]."""

    def products(self) -> tuple[Tensor, Tensor]:
        """Gradients of W_ih x + b_ih and of W_hh h + b_hh at the window's steps, once all are past, [window, G * H, B].

        They are one tensor where the cell adds the two.
        """


Loop = tuple[Callable[[Tensor, int, int, int], Forward], Callable[[tuple[Tensor, ...], int], Adjoint]]


@dataclass(frozen=True)
class Cell:
    """A kind of recurrent cell.

    Attributes:
        num_gates: G, rows of the weights in units of H.
        num_states: parts of the state; the hidden state is the first.
        step: the equations: (W_ih x + b_ih [B, G * H], W_hh h + b_hh [B, G * H], state parts [B, H], what normalises a
            part of the state before it is read, or None) to the state after the step.
        forward, adjoint: the fast loop forward and backward; None: the plain loop runs always.
        compiled: (numbers like those to come) to another fast loop, that compiled code takes part in, or None where it
            cannot be had; None: there is none. It serves where gradients are needed.
        kernel: torch's own loop for one set of weights, as torch.lstm and torch.gru are called; None: there is none.
        hold: what, added to the gates in this order, keeps the parts of the state that are no output as they were;
            empty: there is no such part.
        forget_gate: which of the gates is the forget gate, whose bias `forget_bias` sets; None: there is none.
        apart: whether a gate uses W_hh h + b_hh otherwise than in a sum with W_ih x + b_ih.
    """

    num_gates: int
    num_states: int
    step: Callable[[Tensor, Tensor, State, Normalise | None], State]
    forward: Callable[[Tensor, int, int, int], Forward] | None = None
    adjoint: Callable[[tuple[Tensor, ...], int], Adjoint] | None = None
    compiled: Callable[[Tensor], Loop | None] | None = None
    kernel: Kernel | None = None
    hold: tuple[float, ...] = ()
    forget_gate: int | None = None
    apart: bool = False


class CellNorms(nn.Module):
    """LayerNorm inside a cell: of W_ih x and of W_hh h, each over all gates, and of the cell state that h' reads.

    Its gains are the same at all steps. The first two have no offset, since the cell's biases are one.

    Source: Ba, Kiros & Hinton 2016, equations 20 to 22.
    """

    def __init__(self, cell: Cell, hidden_size: int) -> None:
        super().__init__()
        self.inputs = nn.LayerNorm(cell.num_gates * hidden_size, bias=False)
        self.hidden = nn.LayerNorm(cell.num_gates * hidden_size, bias=False)
        self.state = nn.LayerNorm(hidden_size) if cell.num_states > 1 else None
