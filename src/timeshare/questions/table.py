"""The questions of the report, in the order of the page."""

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from timeshare.questions import (
    capacity,
    changed_order,
    drift,
    formal_tasks,
    functions_of_time,
    gates,
    imitation,
    interference,
    layouts,
    moved_words,
    next_token,
    padding,
    past_the_extent,
    stateless,
    states,
    truncation,
    unseen_lengths,
)
from timeshare.questions.question import Question
from timeshare.questions.settings import StudySettings

QUESTIONS: dict[str, Question] = {
    question.id: question
    for question in (
        unseen_lengths.QUESTION,
        capacity.QUESTION,
        moved_words.QUESTION,
        changed_order.QUESTION,
        padding.QUESTION,
        layouts.QUESTION,
        past_the_extent.QUESTION,
        functions_of_time.QUESTION,
        truncation.QUESTION,
        imitation.QUESTION,
        stateless.QUESTION,
        gates.QUESTION,
        states.QUESTION,
        interference.QUESTION,
        next_token.QUESTION,
        formal_tasks.QUESTION,
        drift.QUESTION,
    )
}
# Those with a study, by what `study` is in its settings.
STUDIES: dict[str, Question] = {question.study: question for question in QUESTIONS.values() if question.study}

if TYPE_CHECKING:
    AnyStudy = StudySettings
else:
    AnyStudy = Annotated[
        Union[tuple(question.settings for question in STUDIES.values())],  # noqa: UP007 - of as many as there are
        Field(discriminator="study"),
    ]
