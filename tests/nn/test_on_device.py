"""Layers on an accelerator: what is computed does not depend on whether lengths can be looked at, and nothing waits."""

from itertools import cycle, product

import pytest
import torch

from tests.nn.layers import NAMES, SCHEMES, as_tuple, build, draw
from tests.waits import HostWaitsError, host_never_waits
from timeshare.nn import TimeRecurrent, padding, recurrent, running, spans
from timeshare.nn.memory import DeviceConstants

LENGTHS = torch.tensor([9, 1, 4, 9, 6])
OPTIONS = {
    "start": {},
    "end": {"align": "end"},
    "both ways, two layers, truncated": {"bidirectional": True, "num_layers": 2, "truncate": 3},
    "normalised": {"layer_norm": True, "align": "end"},
}
# Every cell with every scheme, under three of the four options each scheme.
CASES = [
    pytest.param(cell, scheme, options, id=f"{cell}, {scheme}, {name}")
    for (scheme, cell), (name, options) in zip(product(SCHEMES, NAMES), cycle(OPTIONS.items()), strict=False)
]


def results(layer: TimeRecurrent, lengths: torch.Tensor) -> list[torch.Tensor]:
    """Outputs, states and all gradients."""
    layer.zero_grad()
    x = draw(5, 9, 3).requires_grad_()
    output, final = layer(x, lengths)
    (output.sin().sum() + sum(part.cos().sum() for part in as_tuple(final))).backward()
    return [output, *as_tuple(final), x.grad, *(parameter.grad for parameter in layer.parameters())]


@pytest.mark.parametrize(("cell", "scheme", "options"), CASES)
def test_lengths_that_cannot_be_looked_at_change_nothing(
    cell: str, scheme: str, options: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = build(cell, SCHEMES[scheme], 3, 4, **options)
    seen = results(layer, LENGTHS)
    for module in (padding, recurrent, running, spans):
        monkeypatch.setattr(module, "readable", lambda values: False)
    for one, other in zip(results(layer, LENGTHS), seen, strict=True):
        torch.testing.assert_close(one, other, atol=1e-12, rtol=0)


@pytest.mark.parametrize(("cell", "scheme", "options"), CASES)
def test_the_host_waits_for_nothing(cell: str, scheme: str, options: dict) -> None:
    layer = build(cell, SCHEMES[scheme], 3, 4, **options).to("meta")
    lengths = torch.tensor([4, 1]).to("meta")

    def step() -> None:
        output, final = layer(torch.empty(2, 4, 3, dtype=torch.float64, device="meta", requires_grad=True), lengths)
        (output.sum() + sum(part.sum() for part in as_tuple(final))).backward()

    step()  # after it, what the layer's constants are is known on the device
    with host_never_waits():
        step()


@pytest.mark.parametrize(
    "waits",
    [
        lambda lengths: lengths.max().item(),
        lambda lengths: lengths.cpu(),
        lambda lengths: lengths[lengths > 1],
        lambda lengths: torch.tensor([1, 2], device=lengths.device),
        lambda lengths: lengths.new_tensor(1),
        lambda lengths: torch.arange(5).to(lengths.device),
        lambda lengths: lengths.copy_(LENGTHS),
    ],
    ids=["item", "cpu", "mask as index", "tensor", "new_tensor", "to", "copy_"],
)
def test_what_waits_is_told(waits) -> None:
    with host_never_waits(), pytest.raises((HostWaitsError, NotImplementedError)):
        waits(torch.empty(5, dtype=torch.int64, device="meta"))


def test_a_constant_is_sent_once_and_not_copied_with_the_layer() -> None:
    constants, device = DeviceConstants(), torch.device("meta")
    with torch.inference_mode():
        sent = constants.on(device, torch.tensor([1, 2]))
    assert not sent.is_inference()
    assert constants.on(device, torch.tensor([1, 2])) is sent
    assert constants.on(device, torch.tensor([1, 3])) is not sent
    assert constants.on(device, torch.tensor([1.0, 2.0])) is not sent
    assert constants.on(device, sent) is sent
