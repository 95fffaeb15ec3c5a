"""Q13: states that lie close together."""

from timeshare.questions.question import Question

QUESTION = Question(
    package=__name__,
    id="Q13",
    text="Do the states after “On Monday it was” and “On Tuesday it was” lie close together?",
    method=(
        "Texts of a hand-written suite in groups; the distance of each text's last state to that of its group's first "
        "text, in units of the usual distance between unrelated test texts of that length: 1 is as far as unrelated. "
        "The figures show the paths in the plane in which the states differ most, of the first seed."
    ),
    keys=("evaluate.suites", "run.datasets"),
)
