"""Q7: what a net with weights for each step uses past its last one."""

from timeshare.questions.question import Question

QUESTION = Question(
    package=__name__,
    id="Q7",
    text=(
        "Past its last step, should a net with weights for each step hold the last ones, or begin again with the first?"
    ),
    method=(
        "The same trained model scored twice on texts beyond its extent: hold keeps using the weights of the last "
        "step, cycle begins again with those of the first. A choice made when the model is used, not when it is "
        "trained. Where neither beats guessing there is nothing to choose."
    ),
    keys=("evaluate.rules", "models", "run.models"),
)
