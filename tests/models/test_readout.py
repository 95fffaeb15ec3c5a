"""What the classes are read from, beside the same thing worked out text by text."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from tests.nn.layers import draw, generator
from timeshare.models.classifier import SequenceClassifier, build_classifier
from timeshare.models.readout import Attention, build_readout
from timeshare.models.settings import RecurrentSettings

LENGTHS = torch.tensor([4, 9, 1])
OWN = torch.arange(9) < LENGTHS.unsqueeze(1)
TOKENS = torch.randint(2, 30, (3, 9), generator=generator()).masked_fill(~OWN, 0)
NAMES = ["mean", "max", "attention"]


def attended(states: Tensor, readout: Attention) -> Tensor:
    """Yang et al. 2016, equations 5 to 7, of one text."""
    scores = [readout.query @ torch.tanh(readout.hidden.weight @ state + readout.hidden.bias) for state in states]
    exponentials = torch.stack(scores).exp()
    return (exponentials / exponentials.sum()) @ states


BY_HAND: dict[str, Callable[[Tensor, torch.nn.Module], Tensor]] = {
    "mean": lambda states, _: sum(states) / len(states),
    "max": lambda states, _: torch.stack([max(column, key=lambda one: one.item()) for column in states.t()]),
    "attention": attended,
}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_made_of_a_texts_own_states_whatever_the_padding_holds(name: str) -> None:
    readout = build_readout(name, 5, generator()).double()
    outcomes = []
    for filling in (0.0, 7.0, -9.0):
        states = draw(3, 9, 5).masked_fill(~OWN.unsqueeze(2), filling).requires_grad_()
        state = readout(states, OWN)
        expected = torch.stack(
            [BY_HAND[name](row[:length], readout) for row, length in zip(states, LENGTHS, strict=True)]
        )
        torch.testing.assert_close(state, expected)
        ours, theirs = (torch.autograd.grad(one.square().sum(), states)[0] for one in (state, expected))
        torch.testing.assert_close(ours, theirs)
        assert not ours[~OWN].any()
        outcomes.append(state)
    assert torch.equal(outcomes[0], outcomes[1])
    assert torch.equal(outcomes[0], outcomes[2])


def test_attention_can_pick_a_single_state() -> None:
    readout = Attention(2, generator()).double()
    with torch.no_grad():
        readout.hidden.weight.copy_(torch.eye(2))
        readout.hidden.bias.zero_()
        readout.query.copy_(torch.tensor([1e4, 0.0]))
    states = torch.tensor([[[0.1, 5.0], [0.9, -3.0], [0.2, 8.0], [9.0, 9.0]]], dtype=torch.float64)
    own = torch.tensor([[True, True, True, False]])
    assert readout.weights(states, own).tolist() == [[0, 1, 0, 0]]
    assert readout(states, own).tolist() == [[0.9, -3]]


def classifier(readout: str, **options: object) -> SequenceClassifier:
    settings = RecurrentSettings(encoder="lstm", sharing="unshared", start="equal", readout=readout, **options)
    return build_classifier(settings, vocabulary_size=30, num_classes=3, extent=7, generator=generator(3)).eval()


@pytest.mark.parametrize("readout", ["last", *NAMES])
def test_what_is_read_of_a_beginning_is_made_of_the_states_so_far(readout: str) -> None:
    """The report follows a text's state token by token, as if it ended at each."""
    net = classifier(readout)
    states = net.states(TOKENS[1:2], LENGTHS[1:2])
    for step in range(1, 10):
        so_far = states[:, :step]
        whole = torch.ones(1, step, dtype=torch.bool)
        expected = so_far[:, -1] if net.encoder.readout is None else net.encoder.readout(so_far, whole)
        torch.testing.assert_close(net.encode(TOKENS[1:2, :step], torch.tensor([step])), expected)


@pytest.mark.parametrize("readout", NAMES)
def test_the_fast_loop_and_the_plain_one_learn_alike(readout: str) -> None:
    net = classifier(readout, bidirectional=True)
    gradients = []
    for fast in (True, False):
        for layer in net.encoder.recurrent.layers:
            layer.plain = not fast
        net.zero_grad()
        net(TOKENS, LENGTHS).square().sum().backward()
        gradients.append([parameter.grad for parameter in net.parameters()])
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("readout", NAMES)
def test_without_a_mask_all_states_of_the_padded_length_count(readout: str) -> None:
    net = classifier(readout, mask=False)
    states, state = net.encoder.states(TOKENS, torch.full((3,), 9))
    torch.testing.assert_close(net.encode(TOKENS, LENGTHS), net.encoder.readout(states, torch.ones_like(OWN)))
    assert torch.equal(net.encode(TOKENS, LENGTHS), state)


def test_the_read_out_of_the_last_state_draws_nothing() -> None:
    """Models without a choice of read-out keep their weights to the last bit."""
    last, mean = classifier("last").state_dict(), classifier("mean").state_dict()
    assert last.keys() == mean.keys()
    assert all(torch.equal(last[name], mean[name]) for name in last)
