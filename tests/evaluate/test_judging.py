"""Verdicts on predictions that are given."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from timeshare.core.config.errors import UserError
from timeshare.evaluate.judging import Outcome, as_json, judge, pass_counts
from timeshare.evaluate.suites import Case, Suite
from timeshare.evaluate.text_classifier import UnreadableTextError


class Model:
    """Texts are 'NAME P': p(neg) = P; or 'NAME P Q': p(mixed) = Q too."""

    classes = ("neg", "mixed", "pos")

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        shares = [[float(share) for share in text.split()[1:]] for text in texts]
        rows = [(*share, 0.0)[:2] for share in shares]
        return np.array([(neg, mixed, 1 - neg - mixed) for neg, mixed in rows], np.float32)


def outcome(expect: str, *texts: str, **keys: object) -> Outcome:
    case = Case(group="g", expect=expect, texts=texts, **keys)
    (result,) = judge(Suite(Path("suite.jsonl"), {7: case}), Model())
    return result


def test_same_label() -> None:
    passing = outcome("same", "a .9", "b .6", "c .8")
    assert (passing.failure, passing.line, passing.predicted, passing.followed) == ("", 7, ("neg",) * 3, "neg")
    assert passing.probabilities == pytest.approx((0.9, 0.6, 0.8))
    assert outcome("same", "a .9", "b .6", "c .4").failure == "'a .9' is neg, but 'c .4' is pos"


def test_same_label_but_for_a_small_change() -> None:
    # neg falls from .52 to .48: another label, but a change under .1.
    assert outcome("same", "a .52", "b .48").failure
    assert not outcome("same", "a .52", "b .48", tolerance=0.1).failure
    assert outcome("same", "a .52", "b .3", tolerance=0.1).failure
    # The label changes though its probability does not: without a tolerance that fails.
    assert outcome("same", "a .4 .3", "b .4 .6").failure


def test_different_labels() -> None:
    assert not outcome("different", "a .9", "b .1", "c 0 1").failure
    assert outcome("different", "a .9", "b .1", "c .2").failure == "'b .1' and 'c .2' are both pos"


def test_right_labels() -> None:
    assert not outcome("label", "a .9", "b .1", labels=("neg", "pos")).failure
    assert outcome("label", "a .9", "b .1", labels=("neg", "neg")).failure == "'b .1' is pos, not neg"


@pytest.mark.parametrize("expect", ["same", "different"])
def test_labels_that_are_given_must_be_right_too(expect: str) -> None:
    texts = {"same": ("a .9", "b .9"), "different": ("a .9", "b .1")}[expect]
    right = {"same": ("neg", "neg"), "different": ("neg", "pos")}[expect]
    assert not outcome(expect, *texts, labels=right).failure
    assert outcome(expect, *texts, labels=("mixed", right[1])).failure == "'a .9' is neg, not mixed"


def test_probability_must_rise_from_the_first_text_to_each_other() -> None:
    assert not outcome("increase", "a .2", "b .3", "c .21", label="neg").failure
    assert outcome("increase", "a .2", "b .3", "c .1", label="neg").failure == (
        "p(neg) should increase, but is 0.200 for 'a .2' and 0.100 for 'c .1'"
    )
    assert not outcome("increase", "a .9", "b .3", label="pos").failure  # whatever the predicted labels
    followed = outcome("increase", "a .9", "b .3", label="pos")
    assert (followed.followed, followed.probabilities) == ("pos", pytest.approx((0.1, 0.7)))


def test_no_change_is_no_increase_unless_tolerated() -> None:
    for expect in ("increase", "decrease"):
        assert outcome(expect, "a .5", "b .5", label="neg").failure
        assert not outcome(expect, "a .5", "b .5", label="neg", tolerance=0.01).failure


def test_decrease_with_a_tolerance() -> None:
    assert not outcome("decrease", "a .5", "b .55", label="neg", tolerance=0.1).failure
    assert outcome("decrease", "a .5", "b .65", label="neg", tolerance=0.1).failure


def test_counts_leave_out_what_is_not_judged() -> None:
    outcomes = [outcome("same", "a .9", "b .1"), outcome("same", "a .9", "b .9"), outcome("states", "a .9", "b .1")]
    assert pass_counts(outcomes) == (1, 2)
    record = as_json(outcomes)
    assert (record["passed"], record["judged"]) == (1, 2)
    assert [case["passed"] for case in record["cases"]] == [False, True, None]


def test_every_text_is_asked_once_and_answers_its_own_case() -> None:
    cases = {
        line: Case(group=str(line), expect="same", texts=tuple(f"t {share}" for share in shares))
        for line, shares in ((1, (0.9, 0.8)), (2, (0.1, 0.2, 0.3)), (5, (0.7, 0.0)))
    }
    outcomes = judge(Suite(Path("suite.jsonl"), cases), Model())
    assert [(result.line, result.predicted) for result in outcomes] == [
        (1, ("neg",) * 2),
        (2, ("pos",) * 3),
        (5, ("neg", "pos")),
    ]


def test_a_text_beyond_a_models_steps_is_the_users_to_mend() -> None:
    class Refusing(Model):
        def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
            raise UnreadableTextError(texts.index("long"), "takes 6 steps, but there are weights for 5 only")

    cases = {line: Case(group=str(line), expect="same", texts=("a", last)) for line, last in ((1, "b"), (4, "long"))}
    message = r"^suite\.jsonl:4: text 2 takes 6 steps, but there are weights for 5 only; shorten it$"
    with pytest.raises(UserError, match=message):
        judge(Suite(Path("suite.jsonl"), cases), Refusing())
