"""Q3: words that move without changing the meaning."""

from timeshare.questions.question import Question

QUESTION = Question(
    package=__name__,
    id="Q3",
    text=(
        "Is what was learned at one place of a sentence known at the others, as in “On Monday it snowed” and “It "
        "snowed on Monday”?"
    ),
    method=(
        "Order invariance: the share of held-out meanings whose every order gets one label. Position gap: accuracy "
        "with the decisive word at positions that training had, minus accuracy at positions that it never had. A model "
        "that always answers the same is perfectly invariant, so read invariance beside sensitivity: the curves in the "
        "figure join points of equal harmonic mean."
    ),
    keys=("datasets", "run.datasets", "run.models", "run.seeds"),
)
