"""Q14: gradients that pull apart."""

from timeshare.questions.question import Question

QUESTION = Question(
    package=__name__,
    id="Q14",
    text="Does a sentence of another kind spoil the weights that the previous one taught?",
    method=(
        "Mean cosine between the gradients of two families of sentences, at the trained weights: below 0, a step that "
        "serves one family raises the loss of the other. A plain number between \N{MINUS SIGN}1 and 1. Families are a "
        "label and a form: sentences with and without a fronted phrase, or long and short ones. Families of different "
        "labels compete for the read-out in any model; of two classes their cosine is near \N{MINUS SIGN}1."
    ),
    keys=("models", "run.models", "run.datasets"),
)
