"""A shared RNN, wider, that does exactly what an unshared one does (docs/imitation.md)."""

import pytest
import torch

from tests.nn.layers import SCHEMES, build, draw
from timeshare.nn import TimeLSTM, TimeRNN, imitate, imitated_state


@pytest.mark.parametrize("num_steps", [3, 20])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_final_state_of_every_length_is_the_imitated_one(num_steps: int, seed: int) -> None:
    unshared = TimeRNN(4, 5, batch_first=True, sharing="unshared", extent=num_steps).double()
    with torch.no_grad():
        for place, parameter in enumerate(unshared.parameters()):
            parameter.copy_(draw(*parameter.shape, seed=100 * seed + place))
    shared = imitate(unshared)
    lengths = torch.arange(1, num_steps + 1)
    x = draw(num_steps, num_steps, 4, seed=seed)
    _, expected = unshared(x, lengths)
    output, _ = shared(x)
    torch.testing.assert_close(imitated_state(output, lengths, 5), expected[0], atol=1e-12, rtol=0)
    assert shared.hidden_size == 5 * num_steps


def test_the_wide_matrix_is_block_sub_diagonal() -> None:
    unshared = build("rnn", {"sharing": "unshared", "extent": 3}, 2, 2)
    wide, weights = imitate(unshared), unshared.layers[0].weight_hh
    expected = torch.zeros(6, 6, dtype=torch.float64)
    expected[2:4, 0:2], expected[4:6, 2:4] = weights[1].detach(), weights[2].detach()
    assert torch.equal(wide.weight_hh_l0, expected)
    assert torch.equal(wide.weight_ih_l0, unshared.layers[0].weight_ih.flatten(0, 1))


@pytest.mark.parametrize("scheme", [name for name in SCHEMES if name != "hyper"])
def test_any_scheme_can_be_imitated_for_as_many_steps_as_asked(scheme: str) -> None:
    layer = build("rnn", SCHEMES[scheme], 3, 2)
    lengths = torch.tensor([6, 2])
    x = draw(2, 6, 3)
    output, _ = imitate(layer, num_steps=6)(x)
    torch.testing.assert_close(imitated_state(output, lengths, 2), layer(x, lengths)[1][0], atol=1e-12, rtol=0)


def test_what_cannot_be_imitated_is_refused() -> None:
    with pytest.raises(ValueError, match="only a TimeRNN can be imitated, not a TimeLSTM"):
        imitate(TimeLSTM(2, 2, sharing="unshared", extent=3))
    with pytest.raises(ValueError, match="only one layer in one direction"):
        imitate(TimeRNN(2, 2, sharing="hyper"), num_steps=3)
    with pytest.raises(ValueError, match="sharing 'periodic' has no extent: give num_steps"):
        imitate(TimeRNN(2, 2, sharing="periodic", num_sets=2))
    for options in ({"num_layers": 2}, {"bidirectional": True}, {"layer_norm": True}, {"align": "end"}):
        with pytest.raises(ValueError, match="only one layer in one direction"):
            imitate(TimeRNN(2, 2, sharing="unshared", extent=3, **options))
