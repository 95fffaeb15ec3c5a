"""training.compile: a graph for each padded length where it works, and the very same fit where it does not."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch._inductor.exc import InvalidCxxCompiler

from tests.train.conftest import Fit
from timeshare.core.prepared.store import PreparedData
from timeshare.models.saved import Blueprint
from timeshare.models.settings import BagOfWordsSettings, RecurrentSettings
from timeshare.train import compiled
from timeshare.train.compiled import CompiledPass, training_pass
from timeshare.train.fit import Fitted

pytestmark = pytest.mark.integration

UNSHARED = RecurrentSettings(encoder="lstm", sharing="unshared", embedding_size=4, hidden_size=6, dropout=0.2)


@pytest.fixture(autouse=True)
def _traced_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """torch traces but leaves the graph as it is, which needs no compiler."""
    monkeypatch.setattr(compiled, "BACKEND", "eager")
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def run(fit: Fit, **settings: Any) -> tuple[Fitted, list[Mapping]]:
    """Two epochs of the unshared net, and what was published of each."""
    published: list[Mapping] = []
    publish = lambda epoch, figures: published.append(figures)  # noqa: E731
    return fit(UNSHARED, max_epochs=2, publish=publish, **settings), published


def assert_equal_fits(one: Fitted, other: Fitted) -> None:
    assert one.curves == other.curves
    for name, weights in one.classifier.state_dict().items():
        assert torch.equal(weights, other.classifier.state_dict()[name]), name


def unmade(error: Exception) -> Callable[..., Any]:
    def backend(graph: Any, examples: Any) -> Any:
        raise error

    return backend


def test_there_is_one_graph_for_each_padded_length(
    fitted: Fit, prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, figures = run(fitted, pool=1)
    assert not any("compiled_graphs" in epoch for epoch in figures)
    compiled_fit, figures = run(fitted, compile=True, pool=2)
    # Batches of 16 rows, and one of fewer in each bucket.
    bounds = PreparedData.open(prepared).meta["bounds"]
    assert len(bounds) == 2
    assert [epoch["compiled_graphs"] for epoch in figures] == [2, 2]
    assert capsys.readouterr().err.endswith("training.compile: compiled graphs: 2; padded lengths: 2\n")
    assert list(compiled_fit.curves[0]) == list(plain.curves[0])
    for one, other in zip(compiled_fit.curves, plain.curves, strict=True):
        assert one == pytest.approx(other, abs=1e-4)


def test_a_graph_serves_any_number_of_rows_and_both_heads(blueprint: Blueprint) -> None:
    settings = RecurrentSettings(encoder="rnn", sharing="mixture", num_sets=2, embedding_size=4, hidden_size=6)
    classifier = replace(blueprint, settings=settings).build(torch.Generator().manual_seed(0), next_token=True)
    run = CompiledPass(classifier)
    for rows, length in ((5, 3), (4, 3), (2, 6), (1, 6), (5, 6), (3, 3)):
        tokens = torch.randint(2, blueprint.vocabulary_size, (rows, length))
        lengths = torch.randint(1, length + 1, (rows,))
        expected = training_pass(classifier, tokens, lengths)
        torch.testing.assert_close(run(classifier, tokens, lengths), expected)
    assert run.graphs == 2


@pytest.mark.thorough
@pytest.mark.parametrize(("most", "graphs", "active"), [(10_000, 3, True), (2, 2, False)])
def test_torchs_own_limit_on_graphs_does_not_hold_and_ours_does(
    blueprint: Blueprint, monkeypatch: pytest.MonkeyPatch, most: int, graphs: int, active: bool
) -> None:
    monkeypatch.setattr(compiled, "MOST_GRAPHS", most)
    classifier = replace(blueprint, settings=UNSHARED).build(torch.Generator().manual_seed(0)).eval()
    run = CompiledPass(classifier)
    with torch._dynamo.config.patch(recompile_limit=1, accumulated_recompile_limit=1):
        for length in (1, 2, 3):
            tokens, lengths = torch.full((2, length), 2), torch.full((2,), length)
            torch.testing.assert_close(run(classifier, tokens, lengths)[0], classifier(tokens, lengths))
    assert (run.graphs, run.active) == (graphs, active)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (InvalidCxxCompiler(), "InvalidCxxCompiler: No working C++ compiler found"),
        (RuntimeError("\nCompiler: cl is not found.\nsecond line"), "(RuntimeError: Compiler: cl is not found.)\n"),
        (KeyError(), "(KeyError)\n"),
    ],
)
def test_without_a_compiler_the_fit_is_the_one_without_the_option(
    fitted: Fit,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    said: str,
) -> None:
    plain, _ = run(fitted, pool=1)
    monkeypatch.setattr(compiled, "BACKEND", unmade(error))
    without, figures = run(fitted, compile=True)
    assert_equal_fits(without, plain)
    assert [epoch["compiled_graphs"] for epoch in figures] == [0, 0]
    lines = capsys.readouterr().err.splitlines(keepends=True)
    assert len(lines) == 1
    assert lines[0].startswith("training.compile: torch cannot compile this model here, training goes on without (")
    assert said in lines[0]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, at its first import
def test_torchs_compiler_itself_can_be_missing(
    blueprint: Blueprint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compiled, "BACKEND", "inductor")
    classifier = replace(blueprint, settings=UNSHARED).build(torch.Generator().manual_seed(0)).eval()
    run = CompiledPass(classifier)
    tokens, lengths = torch.full((2, 2), 2), torch.tensor([2, 1])
    with torch._inductor.config.patch({"cpp.cxx": (None, "/nowhere/g++")}):
        assert torch.equal(run(classifier, tokens, lengths)[0], classifier(tokens, lengths))
    assert (run.graphs, run.active) == (0, False)
    assert "(InvalidCxxCompiler: No working C++ compiler found" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "compiles"),
    [
        (RecurrentSettings(encoder="lstm"), False),
        (RecurrentSettings(encoder="rnn", num_layers=2, time_input="index"), False),
        (BagOfWordsSettings(encoder="bag_of_words"), False),
        (RecurrentSettings(encoder="lstm", layer_norm=True), True),
        (RecurrentSettings(encoder="lstm", sharing="hyper"), True),
        (UNSHARED, True),
    ],
)
def test_what_has_no_loop_in_python_is_left_alone(
    blueprint: Blueprint, settings: Any, compiles: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    classifier = replace(blueprint, settings=settings).build(torch.Generator().manual_seed(0))
    run = CompiledPass(classifier)
    assert run.active is compiles
    run(classifier, torch.full((2, 2), 2), torch.tensor([2, 1]))
    assert run.graphs == compiles
    line = "training.compile: this model has no loop over time that it could make faster; nothing is compiled\n"
    assert capsys.readouterr().err == ("" if compiles else line)


def test_truncated_gradients_are_a_loop_even_of_a_shared_net(blueprint: Blueprint) -> None:
    classifier = blueprint.build(torch.Generator().manual_seed(0))
    assert not CompiledPass(classifier).active
    classifier.truncate = 2
    assert CompiledPass(classifier).active


def test_a_mistake_in_the_data_is_the_error_that_it_is_without_the_option(blueprint: Blueprint) -> None:
    settings = UNSHARED.model_copy(update={"beyond": "error", "extent": 2})
    classifier = replace(blueprint, settings=settings).build(torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match="3 steps, but there are weights for 2 only"):
        CompiledPass(classifier)(classifier, torch.full((2, 3), 2), torch.tensor([3, 1]))
