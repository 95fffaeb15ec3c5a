"""Hand-written cases of behaviour, one JSON object a line, and what a model makes of them.

After CheckList (Ribeiro et al. 2020): `same` is its invariance test, `label` its minimum functionality test, `increase` and
`decrease` its directional expectation tests. The format is in docs/evaluation.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from timeshare.config.base import Fraction, Settings
from timeshare.config.errors import UserError
from timeshare.data.text import TOKENISERS
from timeshare.evaluate.predictor import Predictor

# More would be a list for the log, not for the reader.
MOST_PROBLEMS = 20

Text = Annotated[str, Field(min_length=1)]
Expectation = Literal["same", "different", "label", "increase", "decrease", "states"]


class Case(Settings):
    """What is expected of the predictions for some texts.

    Attributes:
        group: the case's name.
        expect: how the predictions must relate; `states` expects nothing of them.
        texts: the first is what the others are compared with.
        labels: the right label of each text.
        label: whose probability must increase or decrease.
        tolerance: a smaller change of probability, where none or another is expected, is forgiven.
        note: for the reader.
    """

    group: Text
    expect: Expectation
    texts: tuple[Text, ...] = Field(min_length=1)
    labels: tuple[Text, ...] | None = None
    label: Text | None = None
    tolerance: Fraction = 0.0
    note: str = ""

    @model_validator(mode="after")
    def _fits_what_is_expected(self) -> Self:
        if self.labels is not None and len(self.labels) != len(self.texts):
            raise ValueError(f"{len(self.texts)} texts have {len(self.labels)} labels; give one for each text")
        if self.expect == "label" and self.labels is None:
            raise ValueError("'label' needs labels; give one for each text")
        if self.expect != "label" and len(self.texts) < 2:
            raise ValueError(f"'{self.expect}' compares texts; give two or more")
        if (self.expect in ("increase", "decrease")) != (self.label is not None):
            raise ValueError("the key 'label' goes with 'increase' and 'decrease'; give it there, and there alone")
        if self.tolerance and self.expect not in ("same", "increase", "decrease"):
            raise ValueError(f"'{self.expect}' has no use for a tolerance; remove it")
        return self


@dataclass(frozen=True)
class Suite:
    """The cases of a file, by line number."""

    path: Path
    cases: Mapping[int, Case]


@dataclass(frozen=True)
class Outcome:
    """What a model made of a case.

    Attributes:
        line: of the suite's file.
        case: what was asked.
        predicted: the label of each text.
        probabilities: of one label for each text: the case's `label`, or else the first text's prediction.
        failure: what is not as expected; '' if nothing.
    """

    line: int
    case: Case
    predicted: tuple[str, ...]
    probabilities: tuple[float, ...]
    failure: str

    @property
    def judged(self) -> bool:
        """Whether the case passes or fails at all."""
        return self.case.expect != "states"


def load_suite(path: Path, predictor: Predictor) -> Suite:
    """Read a suite and check that this model can be asked it.

    Raises:
        UserError: the file cannot be read or holds no case, or lines are bad: a line of message for each, with file,
            line and how to mend it, up to 20.
    """
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; correct the suite's path") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}; give access to it") from None
    cases: dict[int, Case] = {}
    problems: list[str] = []
    groups: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            case = Case.model_validate_json(line)
            _check(case, predictor)
            if case.group in groups:
                raise ValueError(f"the group '{case.group}' is that of line {groups[case.group]} too; rename one")
        except ValueError as error:
            problems.append(f"{path}:{number}: {_reason(error)}")
        else:
            cases[number] = case
            groups[case.group] = number
    if problems:
        more = [f"{path}: and {len(problems) - MOST_PROBLEMS} bad lines more"] if len(problems) > MOST_PROBLEMS else []
        raise UserError("\n".join((*problems[:MOST_PROBLEMS], *more)))
    if not cases:
        raise UserError(f"{path}: holds no case; write one JSON object a line (docs/evaluation.md)")
    return Suite(path, cases)


def judge(suite: Suite, predictor: Predictor) -> list[Outcome]:
    """Ask a model every case, in the order of the lines.

    Raises:
        UserError: a text is longer than the model's extent, and its rule beyond it is 'error'.
    """
    try:
        probabilities = predictor([text for case in suite.cases.values() for text in case.texts])
    except ValueError as error:
        raise UserError(f"{suite.path}: the model cannot read every text ({error}); shorten it") from None
    outcomes = []
    start = 0
    for line, case in suite.cases.items():
        rows = probabilities[start : start + len(case.texts)]
        start += len(case.texts)
        predicted = tuple(predictor.classes[place] for place in rows.argmax(1))
        followed = rows[:, predictor.classes.index(case.label or predicted[0])].tolist()
        failure = _wrong_label(case, predicted) or _EXPECTATIONS[case.expect](case, predicted, followed)
        outcomes.append(Outcome(line, case, predicted, tuple(followed), failure))
    return outcomes


def pass_counts(outcomes: Sequence[Outcome]) -> tuple[int, int]:
    """(passed, judged)."""
    judged = [outcome for outcome in outcomes if outcome.judged]
    return sum(not outcome.failure for outcome in judged), len(judged)


def as_json(outcomes: Sequence[Outcome]) -> dict[str, object]:
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
                "probabilities": [round(probability, 6) for probability in outcome.probabilities],
                "passed": not outcome.failure if outcome.judged else None,
                "failure": outcome.failure,
                "note": outcome.case.note,
            }
            for outcome in outcomes
        ],
    }


def _check(case: Case, predictor: Predictor) -> None:
    """Refuse labels that the model does not know and texts that it cannot read."""
    for label in (*(case.labels or ()), *filter(None, [case.label])):
        if label not in predictor.classes:
            raise ValueError(f"'{label}' is no class of the model; it has {', '.join(predictor.classes)}")
    tokenise = TOKENISERS[predictor.tokeniser]
    for place, text in enumerate(case.texts, start=1):
        if not tokenise(text):
            raise ValueError(f"text {place} has no token; give it a word")


def _reason(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{where}: unknown key; remove it or correct its spelling"
    if first["type"] == "missing":
        return f"{where}: this key is missing; add it"
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message}; correct it" if where else message


def _wrong_label(case: Case, predicted: tuple[str, ...]) -> str:
    for text, label, found in zip(case.texts, case.labels or predicted, predicted, strict=True):
        if found != label:
            return f"'{text}' is {found}, not {label}"
    return ""


def _same(case: Case, predicted: tuple[str, ...], followed: list[float]) -> str:
    for text, found, probability in zip(case.texts, predicted, followed, strict=True):
        if found != predicted[0] and abs(probability - followed[0]) >= case.tolerance:
            return f"'{case.texts[0]}' is {predicted[0]}, but '{text}' is {found}"
    return ""


def _different(case: Case, predicted: tuple[str, ...], followed: list[float]) -> str:
    for place, found in enumerate(predicted):
        earlier = predicted.index(found)
        if earlier < place:
            return f"'{case.texts[earlier]}' and '{case.texts[place]}' are both {found}"
    return ""


def _moves(case: Case, predicted: tuple[str, ...], followed: list[float]) -> str:
    sign = 1 if case.expect == "increase" else -1
    for text, probability in zip(case.texts[1:], followed[1:], strict=True):
        if sign * (probability - followed[0]) <= -case.tolerance:
            return (
                f"p({case.label}) should {case.expect}, but is {followed[0]:.3f} for '{case.texts[0]}' and "
                f"{probability:.3f} for '{text}'"
            )
    return ""


def _nothing(case: Case, predicted: tuple[str, ...], followed: list[float]) -> str:
    return ""


_EXPECTATIONS: Mapping[Expectation, Callable[[Case, tuple[str, ...], list[float]], str]] = {
    "same": _same,
    "different": _different,
    "label": _nothing,
    "increase": _moves,
    "decrease": _moves,
    "states": _nothing,
}
