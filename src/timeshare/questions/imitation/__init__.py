"""Q10: one set of weights for many."""

from timeshare.questions.imitation.settings import ImitationSettings
from timeshare.questions.question import Question

QUESTION = Question(
    package=__name__,
    id="Q10",
    text="Can one set of weights do exactly what a net with weights for each step does?",
    method=(
        "Random plain nets with weights for each step, and for each a net with one set that imitates it: T times as "
        "wide, its recurrent weights block sub-diagonal, so that block t holds at step t what the other net's state "
        "is. Compared in float64 on random input at every length; the LSTM is not covered, for its cell state takes "
        "another way."
    ),
    keys=("studies.imitation", "run.studies"),
    settings=ImitationSettings,
)
