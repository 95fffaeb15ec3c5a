"""Q12: the plain cell against the LSTM."""

from timeshare.questions.gates.settings import CellsSettings
from timeshare.questions.question import Question

QUESTION = Question(
    package=__name__,
    id="Q12",
    text="What do the LSTM's gates add to the plain cell tanh(W h + U x)?",
    method=(
        "Both with shared weights and equal hidden size, and the plain cell again with as many parameters as the LSTM."
    ),
    keys=("studies.cells", "run.studies"),
    settings=CellsSettings,
)
