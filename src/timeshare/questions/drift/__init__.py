"""A published comparison again: weights that drift over time."""

from timeshare.questions.drift.settings import RelaxedSettings
from timeshare.questions.question import Question

QUESTION = Question(
    package=__name__,
    id="relaxed",
    text="Which sharing scheme wins when the weights to be learned drift over time?",
    method=(
        "The synthetic task of “Relaxed Parameter Sharing” (Oh et al., MLHC 2019): the weights of the last steps "
        "change by up to delta from step to step. Squared test error over the variance of the targets: 0 is perfect, 1 "
        "is what their mean gets."
    ),
    keys=("studies.relaxed", "run.studies"),
    settings=RelaxedSettings,
    without_study="not asked",
)
