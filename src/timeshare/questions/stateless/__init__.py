"""Q11: models without recurrence."""

from timeshare.questions.question import Question

QUESTION = Question(
    package=__name__,
    id="Q11",
    text="Do models without recurrence do as well: bag of words, a net by position, convolution shared or not?",
    method=(
        "An unrolled unshared LSTM is a feed-forward net with a cell state. Beside the shared LSTM stand models that "
        "ignore position, models with weights for each position, and convolutions of both kinds."
    ),
    keys=("models", "run.models"),
)
