"""A net with weights for each step that begins as another net."""

import pytest
import torch

from tests.nn.layers import NAMES, SCHEMES, as_tuple, build, draw
from timeshare.nn import TimeLSTM, unshare

LENGTHS = torch.tensor([6, 2, 4])


@pytest.mark.parametrize("cell", NAMES)
@pytest.mark.parametrize("options", [{}, {"layer_norm": True}, {"bidirectional": True}, {"align": "end"}])
def test_the_copy_of_a_shared_net_gives_its_outputs_and_states(cell: str, options: dict[str, object]) -> None:
    net = build(cell, SCHEMES["shared"], 3, 4, 2, **options)
    free = unshare(net, 6)
    x = draw(3, 6, 3)
    (output, final), (expected, expected_final) = free(x, LENGTHS), net(x, LENGTHS)
    torch.testing.assert_close(output, expected, atol=1e-14, rtol=0)
    torch.testing.assert_close(as_tuple(final), as_tuple(expected_final), atol=1e-14, rtol=0)


@pytest.mark.parametrize("scheme", [name for name in SCHEMES if name not in ("shared", "hyper")])
def test_any_weights_that_are_a_function_of_the_step_can_be_copied(scheme: str) -> None:
    net = build("lstm", SCHEMES[scheme], 3, 2)
    x = draw(3, 6, 3)
    torch.testing.assert_close(unshare(net, 6)(x, LENGTHS)[0], net(x, LENGTHS)[0], atol=1e-14, rtol=0)


def test_the_copy_is_unshared_and_the_net_stays_as_it_is() -> None:
    net = build("lstm", SCHEMES["shared"], 3, 2)
    before = [parameter.clone() for parameter in net.parameters()]
    free = unshare(net, 5, beyond="cycle")
    assert (free.sharing, free.num_sets, free.extent, free.beyond) == ("unshared", 5, 5, "cycle")
    assert free.spread().sum().item() == pytest.approx(0, abs=1e-28)
    free(draw(3, 5, 3))[0].sum().backward()
    with torch.no_grad():
        for parameter in free.parameters():
            parameter.sub_(parameter.grad)
    assert (free.spread() > 0).all()
    assert (net.sharing, net.num_sets) == ("shared", 1)
    assert all(torch.equal(old, new) for old, new in zip(before, net.parameters(), strict=True))


def test_what_is_no_function_of_the_step_is_refused() -> None:
    for net in (TimeLSTM(2, 2, sharing="hyper"), TimeLSTM(2, 2, sharing="unshared", extent=3, align="end")):
        with pytest.raises(ValueError, match="only weights that are a function of the step, counted from the start"):
            unshare(net, 3)
