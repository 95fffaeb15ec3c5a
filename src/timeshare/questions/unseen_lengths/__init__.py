"""Q1: lengths that training never had."""

from timeshare.questions.question import Question

QUESTION = Question(
    package=__name__,
    id="Q1",
    text="Does one set of weights carry over to lengths absent from training, where a set for each step does not?",
    method=(
        "Length score: the mean, over the lengths beyond the longest training text, of the accuracy at that length. "
        "Past its last step a model with weights for each step holds the last set or cycles through all; the score is "
        "that of the rule that serves it better. A net that is no better than guessing at the lengths of training (a "
        "constant answer, or one at random) has nothing to carry over, and is not compared. The figures pool "
        "neighbouring lengths; bands are intervals over seeds."
    ),
    keys=("datasets", "evaluate.rules", "run.models", "run.seeds"),
)
