"""CUDA graphs without a card: what is captured when, and what runs where nothing can be.

The stand-in does what torch does on a card, as far as values go: a graph reads the batch that it was captured with,
into which each further one is copied, and takes no other shape.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from itertools import cycle
from types import SimpleNamespace
from typing import Any
from unittest.mock import create_autospec

import pytest
import torch
from torch import Tensor

from tests.nn.layers import NAMES
from tests.train.card import pretended
from tests.train.conftest import Fit
from tests.train.test_on_device import MODELS, module_of, recurrent
from timeshare.models.classifier import SequenceClassifier
from timeshare.models.saved import Blueprint
from timeshare.models.settings import RecurrentSettings
from timeshare.nn.schemes import SCHEMES
from timeshare.nn.schemes.sharing import BeyondExtentError
from timeshare.train import fit as fit_module
from timeshare.train import graphs
from timeshare.train.compiled import training_pass
from timeshare.train.graphs import CardCapture, GraphedPass

UNSHARED = RecurrentSettings(encoder="lstm", sharing="unshared", embedding_size=4, hidden_size=6, dropout=0.3)

# Every scheme, and further kinds of nets that loop.
LOOPS: dict[str, tuple[Any, dict[str, Any]]] = {
    **{
        f"{cell}, {sharing}": (recurrent(encoder=cell, sharing=sharing), {"truncate": 3})
        for cell, sharing in zip(cycle(NAMES), SCHEMES, strict=False)
    },
    **{name: (model, settings) for name, (model, settings) in MODELS.items() if isinstance(model, RecurrentSettings)},
}


class Recorder:
    """A capture that counts."""

    def __init__(self) -> None:
        self.captured: list[tuple[int, ...]] = []
        self.replays = 0

    def __call__(self, module: Any, tokens: Tensor, lengths: Tensor) -> Callable[[Tensor, Tensor], Any]:
        self.captured.append(tuple(tokens.shape))
        module(tokens, lengths)  # a warm-up, which draws random numbers

        def replay(new_tokens: Tensor, new_lengths: Tensor) -> Any:
            assert new_tokens.shape == tokens.shape
            self.replays += 1
            tokens.copy_(new_tokens)
            lengths.copy_(new_lengths)
            return module(tokens, lengths)

        return replay

    @contextmanager
    def same_chance(self) -> Iterator[None]:
        with torch.random.fork_rng([]):
            yield


class Failing(Recorder):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def __call__(self, module: Any, tokens: Tensor, lengths: Tensor) -> Any:
        raise self.error


class Wrong(Recorder):
    """Graphs that compute something else, in the forward pass or in gradients alone."""

    def __init__(self, wrong: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.wrong = wrong

    def __call__(self, module: Any, tokens: Tensor, lengths: Tensor) -> Any:
        replay = super().__call__(module, tokens, lengths)
        return lambda *batch: tuple(self.wrong(output) for output in replay(*batch))


@pytest.fixture
def classifier(blueprint: Blueprint) -> SequenceClassifier:
    settings = UNSHARED.model_copy(update={"dropout": 0.0})
    return replace(blueprint, settings=settings).build(torch.Generator().manual_seed(0), next_token=True)


def batch(rows: int, length: int) -> tuple[Tensor, Tensor]:
    lengths = torch.randint(1, length + 1, (rows,))
    return torch.randint(2, 4, (rows, length)).masked_fill(torch.arange(length) >= lengths[:, None], 0), lengths


def gradients(classifier: SequenceClassifier, logits: tuple[Tensor, Tensor | None]) -> list[Tensor]:
    outputs = [one for one in logits if one is not None]
    return list(torch.autograd.grad(outputs, list(classifier.parameters()), [one.sin().detach() for one in outputs]))


def test_a_bucket_has_one_graph_from_its_second_full_batch_on(classifier: SequenceClassifier) -> None:
    capture = Recorder()
    run = GraphedPass(classifier, capture)
    graphs_after = []
    for shape in ((4, 3), (4, 5), (2, 3), (4, 3), (4, 5), (1, 3), (3, 5), (4, 3)):
        tokens, lengths = batch(*shape)
        logits, expected = run(classifier, tokens, lengths), training_pass(classifier, tokens, lengths)
        for one, other in zip(logits, expected, strict=True):
            torch.testing.assert_close(one, other)
        for one, other in zip(gradients(classifier, logits), gradients(classifier, expected), strict=True):
            torch.testing.assert_close(one, other)
        graphs_after.append(run.graphs)
    assert capture.captured == [(4, 3), (4, 5)]
    assert graphs_after == [0, 0, 0, 1, 2, 2, 2, 2]
    assert capture.replays == 2 + 5  # each graph is tried once before it is used


def test_a_larger_batch_takes_its_buckets_graph_over(classifier: SequenceClassifier) -> None:
    capture = Recorder()
    run = GraphedPass(classifier, capture)
    for rows in (2, 2, 4, 4, 2):
        run(classifier, *batch(rows, 3))
    assert capture.captured == [(2, 3), (4, 3)]
    assert run.graphs == 1


def test_beyond_the_most_graphs_the_loop_runs(classifier: SequenceClassifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "MOST_GRAPHS", 2)
    capture = Recorder()
    run = GraphedPass(classifier, capture)
    for length in (2, 3, 4) * 3:
        run(classifier, *batch(3, length))
    assert capture.captured == [(3, 2), (3, 3)]
    assert run.active


@pytest.mark.parametrize(
    ("capture", "said"),
    [
        (Failing(RuntimeError("called a synchronizing\n CUDA operation")), "(called a synchronizing CUDA operation)"),
        (Failing(torch.OutOfMemoryError()), "cannot be captured here (OutOfMemoryError)"),
        (Wrong(lambda logits: logits * 1.1), "a graph of padded length 3 computes something else than the loop"),
        (Wrong(lambda logits: logits * 2 - logits.detach()), "computes something else"),
        (Wrong(lambda logits: logits * torch.nan), "computes something else"),
    ],
    ids=["waits", "no memory", "other logits", "other gradients", "no numbers"],
)
def test_what_cannot_be_captured_or_captured_right_is_said_once_and_the_loop_runs(
    classifier: SequenceClassifier, capture: Recorder, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = GraphedPass(classifier, capture)
    tokens, lengths = batch(4, 3)
    for _ in range(4):
        torch.testing.assert_close(run(classifier, tokens, lengths), training_pass(classifier, tokens, lengths))
    assert (run.active, run.graphs) == (False, 0)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("trainer.cuda_graphs: ")
    assert line.endswith("; training goes on without")
    assert said in line


def test_a_mistake_in_the_data_is_the_error_that_it_is_without_graphs(classifier: SequenceClassifier) -> None:
    run = GraphedPass(classifier, Failing(BeyondExtentError("3 steps")))
    run(classifier, *batch(4, 3))
    with pytest.raises(BeyondExtentError):
        run(classifier, *batch(4, 3))


def test_weights_that_were_moved_are_captured_anew(classifier: SequenceClassifier) -> None:
    capture = Recorder()
    run = GraphedPass(classifier, capture)
    for _ in range(3):
        run(classifier, *batch(4, 3))
    classifier.double()
    counts = []
    for _ in range(3):
        run(classifier, *batch(4, 3))
        counts.append(run.graphs)
    assert counts == [0, 1, 1]
    assert len(capture.captured) == 2


@pytest.mark.parametrize("error", [None, RuntimeError("called a synchronizing CUDA operation")], ids=["sound", "waits"])
def test_torch_captures_only_what_has_not_waited_for_the_card(
    classifier: SequenceClassifier, error: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = [0]
    captured = create_autospec(torch.cuda.make_graphed_callables)  # torch's own arguments, and no others
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: (0, 1))
    monkeypatch.setattr(torch.cuda, "get_sync_debug_mode", lambda: modes[-1])
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", modes.append)
    monkeypatch.setattr(torch.cuda, "make_graphed_callables", captured)

    class Module(torch.nn.Linear):
        def forward(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor]:
            assert modes == [0, "error"]
            if error:
                raise error
            return (super().forward(tokens),)

    module, tokens, lengths = Module(2, 3), torch.ones(4, 2), torch.ones(4)
    with pytest.raises(RuntimeError, match="synchronizing") if error else nullcontext():
        CardCapture(torch.device("cuda", 0))(module, tokens, lengths)
    assert modes == [0, "error", 0]
    assert captured.call_count == (error is None)
    assert module.weight.grad is None


@pytest.fixture
def card() -> Iterator[pytest.MonkeyPatch]:
    with pretended() as patch:
        yield patch


class OnTheCPU(CardCapture):
    """torch's capture, of which tests.train.card makes one on the CPU."""

    def same_chance(self) -> AbstractContextManager[None]:
        return torch.random.fork_rng([])


@pytest.mark.parametrize(("model", "settings"), LOOPS.values(), ids=LOOPS)
def test_a_graph_computes_other_batches_as_the_loop_does(
    blueprint: Blueprint, card: pytest.MonkeyPatch, model: RecurrentSettings, settings: dict[str, Any]
) -> None:
    net = module_of(blueprint, model.model_copy(update={"dropout": 0.0}), **settings).classifier
    run = GraphedPass(net, OnTheCPU(torch.device("cpu")))
    for rows in (4, 4, 4, 2, 4):
        tokens, lengths = batch(rows, 6)
        found, expected = run(net, tokens, lengths), training_pass(net, tokens, lengths)
        for one, other in zip(found, expected, strict=True):
            torch.testing.assert_close(one, other)
        for one, other in zip(gradients(net, found), gradients(net, expected), strict=True):
            torch.testing.assert_close(one, other)
    assert (run.active, run.graphs) == (True, 1)


def test_a_net_that_looks_at_a_batch_would_be_found_out(
    classifier: SequenceClassifier, card: pytest.MonkeyPatch
) -> None:
    card.setattr("timeshare.nn.spans.readable", lambda values: True)
    run = GraphedPass(classifier, OnTheCPU(torch.device("cpu")))
    tokens = torch.full((3, 6), 2)
    for lengths in ([6, 5, 4], [6, 5, 4], [1, 6, 2]):
        found = run(classifier, tokens, torch.tensor(lengths))
    assert run.graphs == 1
    expected = training_pass(classifier, tokens, torch.tensor(lengths))
    assert not all(map(torch.allclose, gradients(classifier, found), gradients(classifier, expected)))


def test_a_fit_through_torchs_graphs_learns_what_the_loop_does(fitted: Fit, card: pytest.MonkeyPatch) -> None:
    model = UNSHARED.model_copy(update={"dropout": 0.0})
    settings = {"max_epochs": 3, "pull": 2.0, "gradient_clip": 0.5, "weight_decay": 0.1, "schedule": "cosine"}
    plain = fitted(model, **settings)
    made = GraphedPass(plain.classifier, OnTheCPU(torch.device("cpu")))
    card.setattr(fit_module, "_graphs", lambda classifier, lightning: made)
    counted: list[float] = []
    captured = fitted(model, publish=lambda epoch, figures: counted.append(figures["cuda_graphs"]), **settings)
    assert counted == [2, 2, 2]
    for one, other in zip(captured.curves, plain.curves, strict=True):
        assert one == pytest.approx(other, abs=1e-5)
    for one, other in zip(captured.classifier.parameters(), plain.classifier.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("device", "processes", "model", "captures"),
    [
        ("cuda", 1, UNSHARED, True),
        ("cuda", 1, UNSHARED.model_copy(update={"sharing": "shared"}), False),
        ("cuda", 2, UNSHARED, False),
        ("mps", 1, UNSHARED, False),
        ("cpu", 1, UNSHARED, False),
    ],
    ids=["a loop", "cuDNN's loop", "processes that average gradients", "another accelerator", "the processor"],
)
def test_graphs_are_for_one_process_on_a_card_and_nets_that_loop(
    blueprint: Blueprint,
    device: str,
    processes: int,
    model: RecurrentSettings,
    captures: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fit_module, "CardCapture", lambda device: Recorder())
    built = replace(blueprint, settings=model).build(torch.Generator().manual_seed(0))
    strategy = SimpleNamespace(root_device=torch.device(device))
    lightning: Any = SimpleNamespace(strategy=strategy, world_size=processes)
    assert (fit_module._graphs(built, lightning) is not None) == captures


@pytest.fixture
def capture(monkeypatch: pytest.MonkeyPatch) -> list[Recorder]:
    """Makes each fit one on a card, and gives the captures of the fits."""
    made: list[Recorder] = []

    def graphs_of(classifier: SequenceClassifier, lightning: Any) -> GraphedPass:
        made.append(Recorder())
        return GraphedPass(classifier, made[-1])

    monkeypatch.setattr(fit_module, "_graphs", graphs_of)
    return made


@pytest.mark.thorough
def test_a_fit_through_graphs_is_the_fit_without(fitted: Fit, capture: list[Recorder]) -> None:
    published: list[dict[str, float]] = []
    publish = lambda epoch, figures: published.append(figures)  # noqa: E731
    # Every batch is full: filled up rows would draw dropout, too.
    settings = {"max_epochs": 1, "batch_size": 1, "learning_rate": 0.001}
    plain = fitted(UNSHARED, cuda_graphs=False, **settings)
    assert not capture
    for seed in (3, 4):
        captured = fitted(UNSHARED, publish=publish, seed=seed, **settings)
        if seed == 3:
            assert captured.curves == plain.curves
            for name, weights in captured.classifier.state_dict().items():
                assert torch.equal(weights, plain.classifier.state_dict()[name]), name
    # Each seed's fit captures its own: graphs hold the places of its weights.
    assert [len(one.captured) for one in capture] == [2, 2]
    assert [one["cuda_graphs"] for one in published] == [2, 2]


def test_batches_are_not_cut_where_a_graph_needs_their_length(fitted: Fit, capture: list[Recorder]) -> None:
    fitted(UNSHARED, max_epochs=2, pool=3)
    (one,) = capture
    assert len({length for _, length in one.captured}) == len(one.captured) == 2


@pytest.mark.parametrize("settings", [{"cuda_graphs": False}, {}], ids=["not asked for", "no card"])
def test_without_a_card_nothing_is_captured(fitted: Fit, settings: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_module, "GraphedPass", None)
    fitted(UNSHARED, max_epochs=1, **settings)
