"""CUDA graphs for the steps of a training: a bucket's loop over time, launched as one."""

import sys
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from timeshare.models.classifier import SequenceClassifier
from timeshare.train.compiled import Logits, training_pass
from timeshare.train.lightning import rank_zero_only

MOST_GRAPHS = 32  # each keeps room for all gradients
Pass = Callable[[Tensor, Tensor], tuple[Tensor, ...]]


class Capture(Protocol):
    """Makes a pass for batches of one shape out of a module: what torch does on a card, and a stand-in in tests."""

    def __call__(self, module: nn.Module, tokens: Tensor, lengths: Tensor) -> Pass:
        """Capture the module's forward and backward pass.

        Args:
            module: a pass; its parameters stay where they are in memory.
            tokens, lengths: a batch, which the graph reads from then on: each batch is copied into it.
        Returns:
            The pass for batches of this shape; it can be differentiated once.
        Raises:
            RuntimeError: it cannot be captured.
        """

    def same_chance(self) -> AbstractContextManager[None]:
        """A context after which random numbers come as if it had not been; entered twice, it draws the same twice."""


class CardCapture:
    """By torch, on an NVIDIA card. Graphs share the memory of what lives within a step, since no two steps overlap."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, module: nn.Module, tokens: Tensor, lengths: Tensor) -> Pass:
        # What waits for the device cannot be captured, and a capture that fails half-way may leave torch unusable.
        asked = torch.cuda.get_sync_debug_mode()
        torch.cuda.set_sync_debug_mode("error")
        try:
            _results(module, module, tokens, lengths)
        finally:
            torch.cuda.set_sync_debug_mode(asked)
        make: Any = torch.cuda.make_graphed_callables  # declared to return what cannot be called with these
        captured: Pass = make(module, (tokens, lengths), allow_unused_input=True, pool=self._pool)
        return captured

    def same_chance(self) -> AbstractContextManager[None]:
        return torch.random.fork_rng([self._device], device_type="cuda")


class _Graph(NamedTuple):
    rows: int
    run: Pass


class _Tensors(nn.Module):
    """`training_pass` with the classifier's parameters for its own, and tensors alone for results."""

    def __init__(self, classifier: SequenceClassifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
        return tuple(logits for logits in training_pass(self.classifier, tokens, lengths) if logits is not None)


class GraphedPass:
    """`training_pass` through CUDA graphs, forward and backward: one for each padded length, of a full batch's rows.

    A loop of T steps launches thousands of kernels, each of which takes the host longer than the card. A graph is
    launched as one. A batch of fewer rows than its graph's is filled up with copies of its first, which get no
    gradient. The loop itself runs where there is no graph: the first batch of a shape, batches of more rows, padded
    lengths beyond the first 32.

    A graph is used only if its first replay gives the loop's logits and gradients. If one does not, or cannot be
    captured, one line says so, and the loop runs from then on. Graphs belong to one fit, and to weights that stay where
    they are: once these are moved, graphs are captured anew.

    Attributes:
        graphs: how many are in use.
        active: whether batches still go through them.
    """

    figure = "cuda_graphs"

    def __init__(self, classifier: SequenceClassifier, capture: Capture) -> None:
        self.active = True
        self._capture = capture
        self._graphs: dict[int, _Graph] = {}
        self._seen: Counter[torch.Size] = Counter()
        self._places = _places(classifier)

    @property
    def graphs(self) -> int:
        return len(self._graphs)

    def __call__(self, classifier: SequenceClassifier, tokens: Tensor, lengths: Tensor) -> Logits:
        """Run a batch: tokens int64 [B, T], lengths int64 [B]."""
        rows, length = tokens.shape
        if self.active and self._places != _places(classifier):
            self._graphs.clear()
            self._seen.clear()
            self._places = _places(classifier)
        if self.active and (length not in self._graphs or rows > self._graphs[length].rows):
            self._seen[tokens.shape] += 1
            # What the first batch of a shape sends to the device, once and for all, is there for the second.
            if self._seen[tokens.shape] > 1 and (length in self._graphs or self.graphs < MOST_GRAPHS):
                self._add(classifier, tokens, lengths)
        graph = self._graphs.get(length)
        if graph is None or rows > graph.rows:
            return training_pass(classifier, tokens, lengths)
        missing = graph.rows - rows
        if missing:
            tokens = torch.cat([tokens, tokens[:1].expand(missing, -1)])
            lengths = torch.cat([lengths, lengths[:1].expand(missing)])
        logits, *token_logits = (output[:rows] for output in graph.run(tokens, lengths))
        return logits, token_logits[0] if token_logits else None

    @staticmethod
    def part_gradients(classifier: SequenceClassifier) -> None:
        """After the backward pass: give each parameter a gradient of its own, which may be written over.

        Two biases that are added have one gradient. A graph hands out its memory as that of both, and what clips the
        gradients would clip it twice.
        """
        places = set()
        for parameter in classifier.parameters():
            if parameter.grad is not None:
                if parameter.grad.data_ptr() in places:
                    parameter.grad = parameter.grad.clone()
                places.add(parameter.grad.data_ptr())

    def finish(self) -> None:
        """Let go of the graphs: they hold memory of the device, and read the weights where these are now."""
        self._graphs.clear()

    def _add(self, classifier: SequenceClassifier, tokens: Tensor, lengths: Tensor) -> None:
        try:
            with self._capture.same_chance():
                captured = self._capture(_Tensors(classifier), tokens.clone(), lengths.clone())
            with self._capture.same_chance():
                results = _results(captured, classifier, tokens, lengths)
            with self._capture.same_chance():
                expected = _results(_Tensors(classifier), classifier, tokens, lengths)
            agrees = _agree(results, expected)
        except RuntimeError as error:
            self._stop(f"this model cannot be captured here ({_reason(error)})")
        else:
            if agrees:
                self._graphs[tokens.shape[1]] = _Graph(len(tokens), captured)
            else:
                self._stop(f"a graph of padded length {tokens.shape[1]} computes something else than the loop")

    def _stop(self, why: str) -> None:
        self.active = False
        self._graphs.clear()
        _say(f"{why}; training goes on without")


def _results(run: Pass, module: nn.Module, tokens: Tensor, lengths: Tensor) -> list[Tensor]:
    """Logits, and the gradients of their sum."""
    learned = [parameter for parameter in module.parameters() if parameter.requires_grad]
    outputs = run(tokens, lengths)
    gradients = torch.autograd.grad(outputs, learned, [torch.ones_like(one) for one in outputs], allow_unused=True)
    return [one.detach().clone() for one in (*outputs, *gradients) if one is not None]


def _agree(results: list[Tensor], expected: list[Tensor]) -> bool:
    """Whether all are equal in half of the digits that the logits have: sums of several threads differ in the last."""
    share = max(torch.finfo(one.dtype).eps for one in expected) ** 0.5
    return len(results) == len(expected) and all(
        one.shape == other.shape and bool((one - other).abs().max() <= share * (other.abs().max() + share))
        for one, other in zip(results, expected, strict=True)
    )


def _places(classifier: SequenceClassifier) -> tuple[int, ...]:
    return tuple(parameter.data_ptr() for parameter in classifier.parameters())


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__


@rank_zero_only
def _say(line: str) -> None:
    print(f"trainer.cuda_graphs: {line}", file=sys.stderr)
