"""The questions of the report, in the order of the page: the page, the study stage and the settings follow from it."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Union, get_args

from pydantic import Field

from timeshare.questions.capacity.settings import LearningCurveSettings
from timeshare.questions.drift.settings import RelaxedSettings
from timeshare.questions.formal_tasks.settings import ChomskySettings
from timeshare.questions.gates.settings import CellsSettings
from timeshare.questions.imitation.settings import ImitationSettings
from timeshare.questions.next_token.settings import NextTokenSettings
from timeshare.questions.padding.settings import PaddingSettings
from timeshare.questions.pull.settings import PullSettings
from timeshare.questions.settings import StudySettings
from timeshare.questions.truncation.settings import MemorySettings
from timeshare.questions.unsharing.settings import UnsharingSettings


@dataclass(frozen=True)
class Question:
    """A question of the report. Its code is imported only when it is asked: params.yaml needs the record alone.

    Attributes:
        id: what the page calls it.
        folder: where its code is, below this module's package: `answer.py`, and `study.py` if it has a study.
        text: in plain words.
        settings: those of its study, which `study` names; None: the members of the run answer it.
        without_study: what becomes of it in a run that did not make its study: the members of the run answer it all the
            same, the page says what is missing, or it is not asked.
        plain: the text without its examples, for data that has no such sentences; empty: it has none.
    """

    id: str
    folder: str
    text: str
    settings: type[StudySettings] | None = None
    without_study: Literal["answered", "missing", "not asked"] = "missing"
    plain: str = ""

    @property
    def study(self) -> str | None:
        """What `study` is in the settings of its study."""
        return get_args(self.settings.model_fields["study"].annotation)[0] if self.settings else None

    def run_study(self, settings: StudySettings, folder: Path) -> None:
        """Run its study, which writes its tables and summary.json into an empty folder."""
        import_module(f"timeshare.questions.{self.folder}.study").run(settings, folder)


_QUESTIONS = (
    Question(
        "Q1",
        "unseen_lengths",
        "Does one set of weights carry over to lengths absent from training, where a set for each step does not?",
    ),
    Question(
        "Q2",
        "capacity",
        "With length and compute no concern, do weights for each step do better, or do they overfit?",
        LearningCurveSettings,
        without_study="answered",
    ),
    Question(
        "Q3",
        "moved_words",
        "Is what was learned at one place of a sentence known at the others, as in “On Monday it snowed” and “It "
        "snowed on Monday”?",
        plain="Is what was learned at one place of a sentence known at the others?",
    ),
    Question(
        "Q4",
        "changed_order",
        "Does a transition shared by all steps still tell “chocolate milk” from “milk chocolate”?",
        plain="Does a transition shared by all steps still tell apart texts that differ by the order of words alone?",
    ),
    Question(
        "Q5",
        "padding",
        "Does padding do the trick: can weights for each step of the padded length read any text up to it?",
        PaddingSettings,
        without_study="answered",
    ),
    Question(
        "Q6",
        "layouts",
        "Padding serves efficiency: what do the layouts waste, and how many shapes do they need?",
    ),
    Question(
        "Q7",
        "past_the_extent",
        "Past its last step, should a net with weights for each step keep the last ones, or begin again with the "
        "first?",
    ),
    Question(
        "Q8",
        "functions_of_time",
        "Can weights be a function of time, and still read texts longer than any in training?",
    ),
    Question(
        "Q9",
        "truncation",
        "With gradients through a short window only, is structure longer than the window learned?",
        MemorySettings,
    ),
    Question(
        "Q10",
        "imitation",
        "Can one set of weights do exactly what a net with weights for each step does?",
        ImitationSettings,
    ),
    Question(
        "Q11",
        "stateless",
        "Do models without recurrence do as well: bag of words, a net by position, convolution shared or not?",
    ),
    Question("Q12", "gates", "What do the LSTM's gates add to the plain cell tanh(W h + U x)?", CellsSettings),
    Question(
        "Q13",
        "states",
        "Do the states after “On Monday it was” and “On Tuesday it was” lie close together?",
        plain="Do the states after texts that mean nearly the same lie close together?",
    ),
    Question("Q14", "interference", "Does a sentence of another kind spoil the weights that the previous one taught?"),
    Question(
        "Q15",
        "next_token",
        "Does predicting the next token, as shared weights are usually trained, help to classify?",
        NextTokenSettings,
    ),
    Question(
        "Q16",
        "trainability",
        "How hard is each model to train: what does the best of k random settings reach?",
    ),
    Question(
        "Q17",
        "pull",
        "Between weights for each step and one set: where on the way from one to the other is the best place?",
        PullSettings,
    ),
    Question(
        "Q18",
        "unsharing",
        "Does a trained shared net get better if each step goes on with weights of its own?",
        UnsharingSettings,
    ),
    Question(
        "Q19",
        "formal_tasks",
        "Do the published scores on formal languages come out again?",
        ChomskySettings,
        without_study="not asked",
    ),
    Question(
        "Q20",
        "drift",
        "Which sharing scheme wins when the weights to be learned drift over time?",
        RelaxedSettings,
        without_study="not asked",
    ),
)
QUESTIONS: dict[str, Question] = {question.id: question for question in _QUESTIONS}
# Those with a study, by what `study` is in its settings.
STUDIES: dict[str, Question] = {question.study: question for question in _QUESTIONS if question.study}

if TYPE_CHECKING:
    AnyStudy = StudySettings
else:
    AnyStudy = Annotated[
        Union[tuple(question.settings for question in STUDIES.values())],  # noqa: UP007 - of as many as there are
        Field(discriminator="study"),
    ]
