"""Hand-written cases of behaviour, one JSON object a line; the format is in docs/evaluation.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from timeshare.core.config.base import Fraction, Settings
from timeshare.core.config.errors import UserError
from timeshare.core.config.mistakes import said
from timeshare.core.prepared.tokenisers import tokeniser_of
from timeshare.evaluate.text_classifier import TextClassifier

# More would be a list for the log, not for the reader.
MOST_PROBLEMS = 20

Text = Annotated[str, Field(min_length=1)]
Expectation = Literal["same", "different", "label", "increase", "decrease", "states"]


class Case(Settings):
    """What is expected of the predictions for some texts.

    After CheckList (Ribeiro et al. 2020): `same` is its invariance test, `label` its minimum functionality test,
    `increase` and `decrease` its directional expectation tests.

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
        if self.expect == "states" and self.labels is not None:
            raise ValueError("'states' has no use for labels; remove them")
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


def load_suite(path: Path, model: TextClassifier) -> Suite:
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
            _check(case, model)
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


def _check(case: Case, model: TextClassifier) -> None:
    """Refuse labels that the model does not know and texts that it cannot read."""
    for label in (*(case.labels or ()), *filter(None, [case.label])):
        if label not in model.classes:
            raise ValueError(f"'{label}' is no class of the model; it has {', '.join(model.classes)}")
    tokenise = tokeniser_of(model.tokeniser)
    for place, text in enumerate(case.texts, start=1):
        if not tokenise(text):
            raise ValueError(f"text {place} has no token; give it a word")


def _reason(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    if first["type"] == "json_invalid":
        # The line that pydantic counts is the only one that it is shown.
        reason = first["ctx"]["error"].replace(" at line 1 column ", " at character ")
        return f"is no JSON ({reason}); write one JSON object a line"
    if first["type"] == "model_type":
        return f"is no JSON object: {first['input']!r:.60}; write one JSON object a line"
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {said([first])}" if where else said([first])
