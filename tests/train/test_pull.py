"""The pull is a penalty on the spread: none of it leaves a net unshared, and a large one makes it the shared net."""

import copy
from types import SimpleNamespace

import pytest
import torch

from tests.train.conftest import Fit
from tests.train.test_module import batch
from timeshare.core.config.errors import UserError
from timeshare.models.classifier import SequenceClassifier
from timeshare.models.saved import Blueprint
from timeshare.models.settings import BagOfWordsSettings, RecurrentSettings
from timeshare.nn import unshare
from timeshare.train.fit import Fitted
from timeshare.train.module import ClassifierModule
from timeshare.train.pull import Pull
from timeshare.train.settings import TrainSettings

SHARED = RecurrentSettings(encoder="lstm", embedding_size=4, hidden_size=6)
UNSHARED = SHARED.model_copy(update={"sharing": "unshared"})


@pytest.fixture
def classifier(fitted: Fit) -> SequenceClassifier:
    """An unshared net whose steps have parted."""
    return fitted(UNSHARED, max_epochs=1).classifier.double().eval()


def test_the_pulls_step_is_that_of_its_gradient_as_far_as_it_is_small(classifier: SequenceClassifier) -> None:
    recurrent, rate, strength = classifier.encoder.recurrent, 1e-6, 0.7
    stacks = recurrent.sets_by_step()
    gradients = torch.autograd.grad(strength * recurrent.spread().mean(), stacks)
    before = [stack.detach().clone() for stack in stacks]
    Pull(classifier, strength).shrink_distances(rate)
    for stack, old, gradient in zip(stacks, before, gradients, strict=True):
        torch.testing.assert_close((old - stack) / rate, gradient, rtol=1e-5, atol=1e-9)


def test_no_strength_moves_the_mean_and_the_largest_leaves_no_distance(classifier: SequenceClassifier) -> None:
    recurrent = classifier.encoder.recurrent
    means = [stack.mean(0) for stack in recurrent.sets_by_step()]
    spread = recurrent.spread().mean()
    for strength in (1.0, 100.0, 1e9):
        pull = Pull(classifier, strength)
        pull.shrink_distances(0.01)
        torch.testing.assert_close([stack.mean(0) for stack in recurrent.sets_by_step()], means)
        assert recurrent.spread().mean() < spread
        spread = recurrent.spread().mean()
    assert spread < 1e-10


def begun(fitted: Fit, model: str, start: SequenceClassifier, pull: float = 0.0) -> Fitted:
    """A fit that begins as `start`, shared or with weights for each step."""
    start = copy.deepcopy(start)
    if model == "unshared":
        start.encoder.recurrent = unshare(start.encoder.recurrent, 8)
    # Clipping sees T gradients where a shared net has their sum.
    return fitted(SHARED, start=start, pull=pull, gradient_clip=1e6)


def test_a_large_pull_trains_the_shared_net(fitted: Fit, blueprint: Blueprint) -> None:
    start = blueprint.build(torch.Generator().manual_seed(0))
    shared, free = begun(fitted, "shared", start), begun(fitted, "unshared", start)
    pulled = {pull: begun(fitted, "unshared", start, pull) for pull in (10.0, 1e9)}
    tokens, lengths = torch.randint(2, 4, (20, 8), generator=torch.Generator().manual_seed(1)), torch.full((20,), 8)

    def logits(fit: Fitted) -> torch.Tensor:
        return fit.classifier.eval()(tokens, lengths)

    torch.testing.assert_close(logits(pulled[1e9]), logits(shared), atol=1e-3, rtol=0)
    assert (logits(free) - logits(shared)).abs().max() > 0.01
    spreads = [fit.classifier.encoder.recurrent.spread().mean().item() for fit in (free, pulled[10.0], pulled[1e9])]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[-1] < 1e-9


def test_the_loss_that_is_reported_is_that_of_the_answers_alone(classifier: SequenceClassifier) -> None:
    free, pulled = (ClassifierModule(classifier, TrainSettings(pull=pull), 0) for pull in (0.0, 1e6))
    for module in (free, pulled):
        module._trainer = SimpleNamespace(world_size=1)  # type: ignore[assignment]
    answers = batch([True] * 4, 4)
    assert torch.equal(pulled.training_step(answers, 0), free.training_step(answers, 0))


def test_one_set_has_nothing_to_pull_and_several_need_one_for_each_step(fitted: Fit) -> None:
    for model in (SHARED, BagOfWordsSettings(encoder="bag_of_words")):
        plain, pulled = (fitted(model, max_epochs=1, pull=pull).curves for pull in (0.0, 5.0))
        assert plain == pulled
    segments = SHARED.model_copy(update={"sharing": "segments", "num_sets": 2})
    with pytest.raises(
        UserError, match=r"^training\.pull: sharing Segments has no set of weights for each step; leave"
    ):
        fitted(segments, pull=1.0)
