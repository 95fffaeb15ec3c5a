"""What the recurrent layers consist of: layers and directions of one cell, with a scheme of sharing each."""

import copy
from contextlib import nullcontext
from typing import Literal, cast, get_args

import torch
from torch import Tensor, nn

from timeshare.nn.arguments import check_flags, check_forget_bias, chosen_cell, named_scheme
from timeshare.nn.cells.contract import Cell
from timeshare.nn.choices import Align, BasisName, Beyond, RecurrentInit, Start, check_at_least_one, check_choice
from timeshare.nn.initial import RecurrentStart
from timeshare.nn.layer import TimeLayer
from timeshare.nn.schemes.sharing import Sharing


class TimeStack(nn.Module):
    """The layers of a recurrent net and how their weights are shared; TimeRecurrent runs them.

    Args:
        input_size: E.
        hidden_size: H.
        num_layers: layers, each reading the one before.
        bias: learn biases; false: there are none.
        batch_first: batches are [batch, steps, features]; false, as in torch: [steps, batch, features].
        dropout: share of a layer's outputs dropped before the next layer, in training.
        bidirectional: a second set of layers reads each sentence from its end; its step 0 is the first it reads.
        proj_size: 0; projections are refused.
        device, dtype: of the weights; None: torch's defaults.
        cell: the equations of a step; None: those of the class.
        nonlinearity: of TimeRNN: 'tanh' or 'relu'; None: what the cell has.
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
        truncate: window of truncated back-propagation, steps; None: gradients pass through all of time.
        hyper_size, hyper_embedding_size: of the small LSTM that makes the weights of 'hyper'.
        plain: run the plain loop, step by step as the equations are written; it may be set later. What the fast loop
            cannot do (torch.func, torch.compile, torch.export) is done by the plain one anyway.
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
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: torch.device | str | int | None = None,
        dtype: torch.dtype | None = None,
        *,
        cell: Cell | None = None,
        nonlinearity: Literal["tanh", "relu"] | None = None,
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
        truncate: int | None = None,
        hyper_size: int = 16,
        hyper_embedding_size: int = 8,
        plain: bool = False,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.cell = chosen_cell(self.cell if cell is None else cell, nonlinearity)
        for name, value in (("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)):
            check_at_least_one(name, value)
        if proj_size:
            raise ValueError("proj_size is not supported: put nn.Linear(hidden_size, proj_size) behind the layer")
        check_choice("align", align, get_args(Align))
        check_choice("start", start, get_args(Start))
        check_choice("recurrent_init", recurrent_init, get_args(RecurrentInit))
        check_flags(bias=bias, batch_first=batch_first, bidirectional=bidirectional)
        check_forget_bias(forget_bias, self.cell, bias)
        if not 0 <= dropout <= 1:
            raise ValueError(f"dropout must be in 0 .. 1; it is {dropout}")
        if truncate is not None and truncate < 1:
            raise ValueError(f"truncate must be at least 1 step; it is {truncate}")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.num_directions = 2 if bidirectional else 1
        self.bias = bias
        self.batch_first = batch_first
        self.proj_size = 0
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
        # Where numbers are drawn is where the generator is, so that a seed gives the same weights on every device.
        drawn_on = None if device is None else torch.device(device)
        if generator is not None and drawn_on is not None and drawn_on.type != "meta":
            drawn_on = generator.device
        with nullcontext() if drawn_on is None else drawn_on:
            self.sharing, scheme = named_scheme(sharing, options)
            kind = scheme.layer or TimeLayer
            initial = RecurrentStart(start, recurrent_init, forget_bias)
            sizes = [input_size] + [hidden_size * self.num_directions] * (num_layers - 1)
            # As in torch.nn.LSTM's states: layer by layer, in each of them the forward direction first.
            self.layers = nn.ModuleList(
                kind(self.cell, size, hidden_size, copy.deepcopy(scheme), layer_norm, initial, bias)
                for size in sizes
                for _ in range(self.num_directions)
            )
        self.layers.to(device=drawn_on, dtype=dtype)
        for layer in self.time_layers():
            layer.plain = plain
            layer.reset_parameters(generator)
        self.layers.to(device)

    @property
    def plain(self) -> bool:
        """Whether the plain loop always runs; may be set at any time."""
        return self._layer(0).plain

    @plain.setter
    def plain(self, plain: bool) -> None:
        for layer in self.time_layers():
            layer.plain = plain

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
        return [layer.sharing for layer in self.time_layers()]

    def time_layers(self) -> list[TimeLayer]:
        """`layers`, by their type."""
        return [self._layer(index) for index in range(len(self.layers))]

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
        return torch.stack([layer.spread(steps) for layer in self.time_layers()]).sum(0)

    def sets_by_step(self) -> list[Tensor]:
        """The stacked weights of all layers, each [T, ...], with one set for each step of the extent.

        Raises:
            ValueError: the scheme has no set for each step.
        """
        return [stack for layer in self.time_layers() for stack in layer.sets_by_step()]

    def _steps(self, num_steps: int | None) -> range:
        """The steps whose weights are compared."""
        if not self.is_function_of_time:
            raise ValueError(f"the weights of {self.sharing!r} depend on the input: steps cannot be compared")
        num_steps = num_steps or self.extent
        if num_steps is None:
            raise ValueError(f"sharing {self.sharing!r} has no extent: give num_steps")
        return range(num_steps)

    def extra_repr(self) -> str:
        given = {
            "num_layers": (self.num_layers, 1),
            "bias": (self.bias, True),
            "batch_first": (self.batch_first, False),
            "dropout": (self.dropout, 0.0),
            "bidirectional": (self.bidirectional, False),
            "align": (self.align, "start"),
            "truncate": (self.truncate, None),
            "plain": (self.plain, False),
        }
        parts = [str(self.input_size), str(self.hidden_size)]
        parts += [f"{name}={value!r}" for name, (value, usual) in given.items() if value != usual]
        parts.append(f"sharing={self.sharing!r}")
        if self.num_sets > 1:
            parts.append(self._layer(0).sharing.extra_repr())
        return ", ".join(parts)

    def __repr__(self) -> str:
        """In one line, as torch's recurrent layers have it."""
        return f"{type(self).__name__}({self.extra_repr()})"

    def _layer(self, index: int) -> TimeLayer:
        return cast(TimeLayer, self.layers[index])
