"""Q2: what more weights buy where neither length nor compute is a concern."""

from timeshare.questions.capacity.settings import LearningCurveSettings
from timeshare.questions.question import Question

QUESTION = Question(
    package=__name__,
    id="Q2",
    text="With length and compute no concern, do weights for each step do better, or do they overfit?",
    method=(
        "Accuracy on test texts of trained lengths, and overfit: training accuracy minus test accuracy. Every model "
        "stops at its best validation loss. The matched model has a smaller state, so that its parameters are as many "
        "as the shared one's. The figures set scores against parameters, and training against test accuracy."
    ),
    keys=("models", "train", "run.models", "run.seeds", "studies.learning_curve"),
    settings=LearningCurveSettings,
    without_study="answered",
)
