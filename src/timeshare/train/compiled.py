"""torch.compile for the steps of a training, where it helps and where it works."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor

from timeshare.models.classifier import SequenceClassifier
from timeshare.models.encoder import RecurrentEncoder
from timeshare.train.lightning import rank_zero_only

Logits = tuple[Tensor, Tensor | None]
BACKEND = "inductor"  # torch's own compiler, which needs one for C++ or, on a GPU, Triton
MOST_GRAPHS = 10_000  # torch stops at 8 without being asked to go on


def training_pass(classifier: SequenceClassifier, tokens: Tensor, lengths: Tensor) -> Logits:
    """What a training step computes: logits [B, C], and those of the next tokens [B, T, V] where the model has them."""
    if classifier.next_token is None:
        return classifier(tokens, lengths), None
    return classifier.with_token_logits(tokens, lengths)


class CompiledPass:
    """`training_pass` through torch.compile: one graph for each padded length, whatever the number of rows.

    Where there is no working compiler it says so in one line, and runs without from then on; the fit is then the very
    one that it would have been with `pool: 1`, which keeps the batches of a bucket at one length. Models without a loop
    over time in Python, and nets that torch's own kernel runs, have nothing to gain and are left alone, which one line
    says too.

    Attributes:
        graphs: how many were compiled.
        active: whether batches still go through them.
    """

    figure = "compiled_graphs"

    def __init__(self, classifier: SequenceClassifier) -> None:
        self.graphs = 0
        self.active = has_loop(classifier)
        self._lengths: set[int] = set()
        self._compiled: Callable[[SequenceClassifier, Tensor, Tensor], Logits] | None = None
        if not self.active:
            _say("this model has no loop over time that it could make faster; nothing is compiled")

    def __call__(self, classifier: SequenceClassifier, tokens: Tensor, lengths: Tensor) -> Logits:
        """Run a batch: tokens int64 [B, T], lengths int64 [B]."""
        # torch makes a graph of its own for batches of one row.
        if not self.active or len(tokens) == 1:
            return training_pass(classifier, tokens, lengths)
        from torch._dynamo import exc, mark_static, maybe_mark_dynamic

        length = tokens.shape[1]
        mark_static(tokens, 1)
        for rows in (tokens, lengths):
            maybe_mark_dynamic(rows, 0)
        try:
            if self._compiled is None:
                self._compiled = self._compile()
            # Entering these takes a twentieth of a small step.
            with nullcontext() if length in self._lengths else _compiler_settings():
                logits = self._compiled(classifier, tokens, lengths)
        except (exc.TorchDynamoException, exc.FailOnRecompileLimitHit) as error:
            self.active = False
            _say(f"torch cannot compile this model here, training goes on without ({_reason(error)})")
            return training_pass(classifier, tokens, lengths)
        self._lengths.add(length)
        return logits

    def finish(self) -> None:
        """Say how many graphs were compiled, unless it was said that none are."""
        if self.active:
            _say(f"compiled graphs: {self.graphs}; padded lengths: {len(self._lengths)}")

    def _compile(self) -> Callable[[SequenceClassifier, Tensor, Tensor], Logits]:
        from torch._dynamo import lookup_backend, reset

        # What torch remembers of the shapes of an earlier fit in this process must not decide how this one is compiled.
        reset()
        compile_graph: Callable[[Any, Any], Any] = lookup_backend(BACKEND)

        def counting(graph: Any, examples: Any) -> Any:
            compiled = compile_graph(graph, examples)
            self.graphs += 1
            return compiled

        compile_pass: Any = torch.compile  # whose declared overloads lack the two arguments about limits
        # The graph is whole or there is none: a count of pieces would say nothing.
        return compile_pass(
            training_pass, backend=counting, fullgraph=True, recompile_limit=MOST_GRAPHS, isolate_recompiles=True
        )


@contextmanager
def _compiler_settings() -> Iterator[None]:
    from torch._dynamo import config
    from torch._functorch import config as backward_config

    with (
        config.patch(accumulated_recompile_limit=MOST_GRAPHS),
        # The backward graph is compiled with the forward one: what cannot be shows while there is a way back.
        backward_config.patch(force_non_lazy_backward_lowering=True),
    ):
        yield


def has_loop(classifier: SequenceClassifier) -> bool:
    """Whether there is a loop over time in Python, which torch's own kernels do without."""
    encoder = classifier.encoder
    return isinstance(encoder, RecurrentEncoder) and not encoder.recurrent.runs_in_torchs_kernel


def _reason(error: Exception) -> str:
    inner = getattr(error, "inner_exception", error)
    line = next((line for line in str(inner).splitlines() if line.strip()), "")
    return f"{type(inner).__name__}: {line.strip()[:160]}" if line else type(inner).__name__


@rank_zero_only
def _say(line: str) -> None:
    print(f"training.compile: {line}", file=sys.stderr)
