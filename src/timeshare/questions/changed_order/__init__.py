"""Q4: words whose order is the meaning."""

from timeshare.questions.question import Question

QUESTION = Question(
    package=__name__,
    id="Q4",
    text="Does a transition shared by all steps still tell “chocolate milk” from “milk chocolate”?",
    method=(
        "Order sensitivity: the share of pairs with equal words and different labels in which both members are right. "
        "A model that is blind to order gives both members one label, and so scores 0 (dashed line). Where no "
        "reordering has a known label, the n-grams of test texts are shuffled, and the figure counts the right "
        "predictions that this changes."
    ),
    keys=("datasets", "run.datasets", "run.models", "run.seeds"),
)
