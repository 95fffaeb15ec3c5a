"""What an answer is: what the numbers of a run say on one question."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from timeshare.report.drawing import Figure
from timeshare.report.entries import Table
from timeshare.report.results import Results
from timeshare.report.wording import NOT_MEASURED


@dataclass(frozen=True)
class Answer:
    """What the numbers say on one question. Names of models and parameters stand in backticks.

    Attributes:
        verdict: the shortest answer, a few words.
        sentences: the answer with its numbers; the first stands in the summary too.
        table: its numbers.
        draw: draws its figures, None for one that the data does not allow.
    """

    verdict: str
    sentences: Sequence[str]
    table: Table | None = None
    draw: Callable[[], Iterable[Figure | None]] = tuple

    @property
    def measured(self) -> bool:
        """Whether this run could answer."""
        return self.verdict != NOT_MEASURED

    @cached_property
    def figures(self) -> list[Figure]:
        """The figures of its section, drawn when first asked for."""
        return [figure for figure in self.draw() if figure is not None]


class Section(NamedTuple):
    """A section of the page.

    Attributes:
        question: in plain words.
        method: how it is measured.
        keys: parameters that would change the answer.
        answer: what this run says.
        built_in: whether a study answers it that was made on this package's data, in a run of the user's own.
    """

    question: str
    method: str
    keys: Sequence[str]
    answer: Answer
    built_in: bool = False


def not_measured(lack: str, draw: Callable[[], Iterable[Figure | None]] = tuple) -> Answer:
    """The answer of a run that lacks what the question needs, with the figures that it allows all the same."""
    return Answer(NOT_MEASURED, (f"{lack}.",), draw=draw)


def lacks_study(results: Results, kind: str) -> str:
    """What a run lacks that did not make a study, and the command that makes it."""
    params = results.params
    name = next((name for name, settings in params.studies.items() if settings.study == kind), None)
    if name is None:
        return f"`studies` in params.yaml has none with `study: {kind}`"
    if name in params.run.studies:
        return f"the run left out `{name}`; `timeshare repro study@{name} report` answers it"
    members = ", ".join([*params.run.studies, name])
    return f"`run.studies` lacks `{name}`; `dvc exp run -S 'run.studies=[{members}]'` answers it"
