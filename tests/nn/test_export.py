"""Exported graphs run batches and lengths of any size, in torch and, where onnxruntime is installed, without it."""

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.nn.layers import SCHEMES, build, draw
from timeshare.nn import Sharing, TimeLSTM, TimeRecurrent
from timeshare.nn.schemes import SCHEMES as TABLE

pytestmark = pytest.mark.integration

INPUTS, HIDDEN = 3, 4
EXAMPLE = (4, 6), torch.tensor([6, 1, 4, 3])  # a batch of as many as there are units
OTHERS = [((5, 11), torch.tensor([11, 1, 4, 3, 9])), ((2, 2), torch.tensor([1, 2])), ((1, 3), torch.tensor([3]))]
# (cell, scheme, what else the layer is told)
BOTH: dict[str, Any] = {"bidirectional": True, "align": "end"}
LAYERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    **{name: ("lstm", name, {}) for name in (*TABLE, "segments, bounded", "polynomial", "rbf")},
    "unshared": ("lstm", "unshared", BOTH),
    "gru": ("gru", "unshared, cycled", {"num_layers": 2, "bias": False}),
    "rnn": ("rnn", "mixture", {"batch_first": False}),
    "LayerNorm": ("lstm", "periodic", {"layer_norm": True, **BOTH}),
}
# An export takes seconds: every change to the code waits for these two alone.
FIRST = ("unshared", "rnn")


def export(layer: TimeRecurrent, strict: bool = False) -> torch.export.ExportedProgram:
    """The graph of a layer, its batch and its time left open."""
    batch, time = torch.export.Dim("batch", min=1, max=512), torch.export.Dim("time", min=1, max=512)
    x, lengths = given(layer, *EXAMPLE)
    dims = {0: batch, 1: time} if layer.batch_first else {0: time, 1: batch}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own
        return torch.export.export(
            layer, (x, lengths), dynamic_shapes={"x": dims, "lengths": {0: batch}}, strict=strict
        )


def given(layer: TimeRecurrent, sizes: tuple[int, int], lengths: Tensor) -> tuple[Tensor, Tensor]:
    x = draw(*sizes, INPUTS).float()
    return (x if layer.batch_first else x.transpose(0, 1)), lengths


def flat(result: Any) -> list[Tensor]:
    output, final = result
    return [output, *(final if isinstance(final, tuple) else (final,))]


@pytest.mark.parametrize(
    "name", [name if name in FIRST else pytest.param(name, marks=pytest.mark.thorough) for name in LAYERS]
)
def test_a_graph_runs_ragged_batches_of_any_size(name: str, tmp_path: Path) -> None:
    cell, scheme, told = LAYERS[name]
    layer = build(cell, SCHEMES[scheme], INPUTS, HIDDEN, **told).float().eval()
    program = export(layer)
    session = in_onnx(program, tmp_path / "layer.onnx")
    for sizes, lengths in OTHERS:
        read = given(layer, sizes, lengths)
        expected = flat(layer(*read))
        torch.testing.assert_close(flat(program.module()(*read)), expected, atol=1e-5, rtol=0)
        if session is not None:
            named = zip(session.get_inputs(), read, strict=True)
            found = session.run(None, {one.name: value.numpy() for one, value in named})
            torch.testing.assert_close([torch.from_numpy(one) for one in found], expected, atol=1e-5, rtol=0)


def in_onnx(program: torch.export.ExportedProgram, path: Path) -> Any:
    """The graph as onnxruntime runs it; None where it, or what writes ONNX, is not installed."""
    try:
        import onnxruntime
        import onnxscript  # noqa: F401
    except ImportError:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own
        torch.onnx.export(program, dynamo=True, verbose=False).save(path)
    return onnxruntime.InferenceSession(path)


def test_strict_export_gives_the_same_graph() -> None:
    layer = build("lstm", SCHEMES["segments"], INPUTS, HIDDEN).float().eval()
    read = given(layer, *OTHERS[0])
    torch.testing.assert_close(export(layer, strict=True).module()(*read), layer(*read))


def test_a_graph_that_would_have_to_refuse_says_what_to_set() -> None:
    layer = TimeLSTM(INPUTS, HIDDEN, batch_first=True, sharing="unshared", extent=9, beyond="error").eval()
    with pytest.raises(ValueError, match="set beyond to 'hold' or 'cycle' before exporting"):
        export(layer)


class Turns(Sharing):
    """A scheme of a user's own, which knows lists of numbers alone."""

    def picks(self, numbers):
        return [number % self.num_sets for number in numbers]


def test_a_scheme_of_ones_own_is_exported_for_a_fixed_time_or_says_what_it_lacks() -> None:
    layer = TimeLSTM(INPUTS, HIDDEN, batch_first=True, sharing=Turns(2)).eval()
    with pytest.raises(ValueError, match="sharing Turns has no method `at`"):
        export(layer)
    x, _ = given(layer, *EXAMPLE)
    program = torch.export.export(layer, (x,))
    torch.testing.assert_close(program.module()(x), layer(x))
