"""Q5: whether padding makes up for sharing."""

from timeshare.questions.padding.settings import PaddingSettings
from timeshare.questions.question import Question

QUESTION = Question(
    package=__name__,
    id="Q5",
    text="Does padding do the trick: can weights for each step of the padded length read any text up to it?",
    method=(
        "Nets with weights for each step of a length beyond the longest training text, trained on padded input: their "
        "later steps have seen padding alone. Accuracy is the mean over the lengths between the longest training text "
        "and the extent. The study pads on either side, and reads the state at the text's own end (masked) or after "
        "the pads; where a net gets less than half of the trained lengths right, it has nothing to carry over, and is "
        "not compared."
    ),
    keys=("models", "run.models", "studies.padding", "run.studies"),
    settings=PaddingSettings,
    without_study="answered",
)
