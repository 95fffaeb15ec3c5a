"""Q15: the next token as a further task."""

from timeshare.questions.next_token.settings import NextTokenSettings
from timeshare.questions.question import Question

QUESTION = Question(
    package=__name__,
    id="Q15",
    text="Does predicting the next token, as shared weights are usually trained, help to classify?",
    method=(
        "The shared LSTM on sentences, with the loss of the next token added at several weights, compared seed by seed "
        "with weight 0."
    ),
    keys=("studies.next_token", "train.next_token_weight", "run.studies"),
    settings=NextTokenSettings,
)
