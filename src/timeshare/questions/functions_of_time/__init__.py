"""Q8: weights that are a function of time."""

from timeshare.questions.question import Question

QUESTION = Question(
    package=__name__,
    id="Q8",
    text="Can weights be a function of time, and still read texts longer than any in training?",
    method=(
        "Models whose weights at step t are a mixture of a few sets: smooth functions of t, segments of time, a "
        "period, or a small net that scales them. The score is that beyond the training lengths, where both models "
        "learned those of training. Similarity of steps is the mean cosine of the weights at different steps: 1 for "
        "one set of weights."
    ),
    keys=("models", "run.models", "run.seeds"),
)
