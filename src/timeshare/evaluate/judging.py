"""What a model makes of a suite's cases."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from timeshare.core.config.errors import UserError
from timeshare.evaluate.suites import Case, Expectation, Suite
from timeshare.evaluate.text_classifier import TextClassifier, UnreadableTextError


@dataclass(frozen=True)
class Outcome:
    """What a model made of a case.

    Attributes:
        line: of the suite's file.
        case: what was asked.
        predicted: the label of each text.
        followed: the case's `label`, or else the first text's prediction.
        probabilities: of the label that is followed, for each text.
        failure: what is not as expected; '' if nothing.
    """

    line: int
    case: Case
    predicted: tuple[str, ...]
    followed: str
    probabilities: tuple[float, ...]
    failure: str

    @property
    def judged(self) -> bool:
        """Whether the case passes or fails at all."""
        return self.case.expect != "states"


def judge(suite: Suite, model: TextClassifier) -> list[Outcome]:
    """Ask a model every case, in the order of the lines.

    Raises:
        UserError: a text is longer than the model's extent, and its rule beyond it is 'error'.
    """
    asked = [(line, number, text) for line, case in suite.cases.items() for number, text in enumerate(case.texts, 1)]
    try:
        probabilities = model([text for _, _, text in asked])
    except UnreadableTextError as error:
        line, number, _ = asked[error.place]
        raise UserError(f"{suite.path}:{line}: text {number} {error.reason}; shorten it") from None
    outcomes = []
    start = 0
    for line, case in suite.cases.items():
        rows = probabilities[start : start + len(case.texts)]
        start += len(case.texts)
        predicted = tuple(model.classes[place] for place in rows.argmax(1))
        followed = case.label or predicted[0]
        course = rows[:, model.classes.index(followed)].tolist()
        failure = _wrong_label(case, predicted) or _EXPECTATIONS[case.expect](case, predicted, course)
        outcomes.append(Outcome(line, case, predicted, followed, tuple(course), failure))
    return outcomes


def pass_counts(outcomes: Sequence[Outcome]) -> tuple[int, int]:
    """(passed, judged)."""
    judged = [outcome for outcome in outcomes if outcome.judged]
    return sum(not outcome.failure for outcome in judged), len(judged)


def as_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Counts, and every case with what the model made of it; `passed` is null where nothing is judged."""
    passed, judged = pass_counts(outcomes)
    return {
        "passed": passed,
        "judged": judged,
        "cases": [
            {
                "line": outcome.line,
                "group": outcome.case.group,
                "expect": outcome.case.expect,
                "texts": list(outcome.case.texts),
                "labels": None if outcome.case.labels is None else list(outcome.case.labels),
                "predicted": list(outcome.predicted),
                "followed": outcome.followed,
                "probabilities": [round(probability, 6) for probability in outcome.probabilities],
                "passed": not outcome.failure if outcome.judged else None,
                "failure": outcome.failure,
                "note": outcome.case.note,
            }
            for outcome in outcomes
        ],
    }


def _wrong_label(case: Case, predicted: tuple[str, ...]) -> str:
    for text, label, found in zip(case.texts, case.labels or predicted, predicted, strict=True):
        if found != label:
            return f"'{text}' is {found}, not {label}"
    return ""


def _same(case: Case, predicted: tuple[str, ...], course: list[float]) -> str:
    for text, found, probability in zip(case.texts, predicted, course, strict=True):
        if found != predicted[0] and abs(probability - course[0]) >= case.tolerance:
            return f"'{case.texts[0]}' is {predicted[0]}, but '{text}' is {found}"
    return ""


def _different(case: Case, predicted: tuple[str, ...], course: list[float]) -> str:
    for place, found in enumerate(predicted):
        earlier = predicted.index(found)
        if earlier < place:
            return f"'{case.texts[earlier]}' and '{case.texts[place]}' are both {found}"
    return ""


def _moves(case: Case, predicted: tuple[str, ...], course: list[float]) -> str:
    sign = 1 if case.expect == "increase" else -1
    for text, probability in zip(case.texts[1:], course[1:], strict=True):
        if sign * (probability - course[0]) <= -case.tolerance:
            return (
                f"p({case.label}) should {case.expect}, but is {course[0]:.3f} for '{case.texts[0]}' and "
                f"{probability:.3f} for '{text}'"
            )
    return ""


def _nothing(case: Case, predicted: tuple[str, ...], course: list[float]) -> str:
    return ""


_EXPECTATIONS: Mapping[Expectation, Callable[[Case, tuple[str, ...], list[float]], str]] = {
    "same": _same,
    "different": _different,
    "label": _nothing,
    "increase": _moves,
    "decrease": _moves,
    "states": _nothing,
}
