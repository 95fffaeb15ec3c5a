"""What the classes are read from: one state, made of those that a recurrent net has after each of a text's tokens."""

import torch
from torch import Tensor, nn

from timeshare.models.settings import ReadoutName
from timeshare.nn.initial import draw_uniform, linear


class MeanState(nn.Module):
    """Of each number, the mean over a text's own steps."""

    def forward(self, states: Tensor, own: Tensor) -> Tensor:
        """States float [B, T, S] and own bool [B, T], True on a text's own steps, to [B, S]."""
        return states.masked_fill(~own.unsqueeze(2), 0).sum(dim=1) / own.sum(dim=1, keepdim=True)


class MaxState(nn.Module):
    """Of each number, the largest over a text's own steps."""

    def forward(self, states: Tensor, own: Tensor) -> Tensor:
        """States float [B, T, S] and own bool [B, T], True on a text's own steps, to [B, S]."""
        return states.masked_fill(~own.unsqueeze(2), -torch.inf).amax(dim=1)


class Attention(nn.Module):
    """The mean of a text's states h_t, each weighted by how well it answers a learned query q.

    u_t = tanh(W h_t + b);  a = softmax over the text's own steps of (q . u_t);  sum_t a_t h_t

    Args:
        size: S, numbers of a state, of u and of the query.
        generator: W, b and then q come from it, all U(-1 / sqrt(S), 1 / sqrt(S)); None: from torch's own.

    Source: Yang et al. 2016 (Hierarchical Attention Networks), equations 5 to 7.
    """

    def __init__(self, size: int, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.hidden = linear(size, size, generator)
        self.query = nn.Parameter(torch.empty(size))
        draw_uniform((self.query,), size, generator)

    def weights(self, states: Tensor, own: Tensor) -> Tensor:
        """The shares a_t, float [B, T]: 0 where a step is not the text's own, and 1 in sum."""
        scores = self.hidden(states).tanh() @ self.query
        return scores.masked_fill(~own, -torch.inf).softmax(dim=1)

    def forward(self, states: Tensor, own: Tensor) -> Tensor:
        """States float [B, T, S] and own bool [B, T], True on a text's own steps, to [B, S]."""
        return torch.einsum("bt,bts->bs", self.weights(states, own), states)


def build_readout(name: ReadoutName, size: int, generator: torch.Generator | None) -> nn.Module | None:
    """What makes one state [B, S] of the states [B, T, S]; None for 'last': the recurrent net itself gives that one."""
    match name:
        case "last":
            return None
        case "mean":
            return MeanState()
        case "max":
            return MaxState()
        case "attention":
            return Attention(size, generator)
