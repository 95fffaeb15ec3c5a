"""Q9: back-propagation through a short window."""

from timeshare.questions.question import Question
from timeshare.questions.truncation.settings import MemorySettings

QUESTION = Question(
    package=__name__,
    id="Q9",
    text="With gradients through a short window only, is structure longer than the window learned?",
    method=(
        "A recall task: the first symbol decides, the others are chance. A shared LSTM is trained with gradients "
        "through so many last steps, on lengths from 1 on (mixed) or on long sequences alone. Scored: trained lengths "
        "longer than the window."
    ),
    keys=("studies.memory", "run.studies"),
    settings=MemorySettings,
)
