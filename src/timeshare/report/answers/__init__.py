"""The answers of the report: one function a question, in the order of the page."""

from collections.abc import Callable

from timeshare.report.answers.capacity import more_weights
from timeshare.report.answers.functions import functions_of_time, rules
from timeshare.report.answers.inside import interference, states
from timeshare.report.answers.kinds import cells, imitation, stateless
from timeshare.report.answers.layouts import layouts
from timeshare.report.answers.length import unseen_lengths
from timeshare.report.answers.order import changed_order, moved_words
from timeshare.report.answers.padding import padded_extent
from timeshare.report.answers.parts import Answer
from timeshare.report.answers.published import chomsky, relaxed
from timeshare.report.answers.training import next_token, window
from timeshare.report.results import Results

__all__ = ["Answer", "answers"]

QUESTIONS: dict[str, Callable[[Results], Answer]] = {
    "Q1": unseen_lengths,
    "Q2": more_weights,
    "Q3": moved_words,
    "Q4": changed_order,
    "Q5": padded_extent,
    "Q6": layouts,
    "Q7": rules,
    "Q8": functions_of_time,
    "Q9": window,
    "Q10": imitation,
    "Q11": stateless,
    "Q12": cells,
    "Q13": states,
    "Q14": interference,
    "Q15": next_token,
}
# Asked of a run that made the study, and otherwise not even counted as missing.
PUBLISHED: dict[str, Callable[[Results], Answer]] = {"chomsky": chomsky, "relaxed": relaxed}


def answers(results: Results) -> dict[str, Answer]:
    """What the results say on each question, by its id."""
    asked = QUESTIONS | {name: question for name, question in PUBLISHED.items() if name in results.studies}
    return {name: question(results) for name, question in asked.items()}
