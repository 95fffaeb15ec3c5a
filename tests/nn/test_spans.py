"""Which steps are a sequence's own, and what happens at its borders."""

import torch

from timeshare.nn.spans import Borders, Spans

STARTS, STOPS = torch.tensor([0, 2, 1]), torch.tensor([4, 4, 2])


def test_outside_are_the_steps_before_a_start_and_from_a_stop_on() -> None:
    before = [[False] * 4, [True, True, False, False], [True, False, False, False]]
    after = [[False] * 4, [False] * 4, [False, False, True, True]]
    assert Spans(4, STARTS).outside().tolist() == before
    assert Spans(4, None, STOPS).outside().tolist() == after
    both = torch.tensor(before) | torch.tensor(after)
    assert torch.equal(Spans(4, STARTS, STOPS).outside(), both)
    assert Spans(4).outside() is None


def test_sequences_take_their_initial_state_where_they_start_and_give_their_final_one_where_they_stop() -> None:
    borders = Borders(Spans(4, STARTS, STOPS), None)
    states = (torch.arange(5.0).view(5, 1, 1).repeat(1, 1, 3),)  # slot t holds t
    initial = (torch.tensor([[-1.0], [-2.0], [-3.0]]),)
    for step in range(4):
        borders.start(step, states, initial)
    assert states[0][:, 0].tolist() == [[0, 0, 0], [1, 1, -3], [2, -2, 2], [3, 3, 3], [4, 4, 4]]
    assert borders.final(states)[0].tolist() == [[4], [4], [2]]


def test_backward_final_gradients_join_where_they_stopped_and_leave_where_they_started() -> None:
    borders = Borders(Spans(4, STARTS, STOPS), None)
    gradients, initial = (torch.zeros(1, 3),), (torch.zeros(1, 3),)
    seen = []
    for step in reversed(range(4)):
        borders.add_final(step + 1, gradients, (torch.tensor([[1.0], [2.0], [3.0]]),))
        seen.append(gradients[0][0].tolist())
        borders.take_initial(step, gradients, initial)
    assert seen == [[1, 2, 0], [1, 2, 0], [1, 0, 3], [1, 0, 0]]
    assert initial[0].tolist() == [[1, 2, 3]]


def test_truncation_drops_what_would_pass_a_window() -> None:
    borders = Borders(Spans(4), 2)
    gradients, initial = (torch.ones(1, 2),), (torch.zeros(1, 2),)
    left = []
    for step in reversed(range(4)):
        borders.take_initial(step, gradients, initial)
        left.append(gradients[0][0].tolist())
    assert left == [[1, 1], [0, 0], [0, 0], [0, 0]]
    assert initial[0].tolist() == [[0, 0]]
