"""Q6: what padding costs."""

from timeshare.questions.question import Question

QUESTION = Question(
    package=__name__,
    id="Q6",
    text="Padding serves efficiency: what do the layouts waste, and how many shapes do they need?",
    method=(
        "Share of the training split's cells that hold padding. Padding: one length for all texts. Bucketing: each "
        "text padded to the next bound. Exact: a bucket for each length. A fact of the data, without chance and so "
        "without interval; predictions of masked models are equal under all three. Times: one run of make "
        "bench-batching on the machine it names, not of this run; the fastest epoch of a shared LSTM on the four "
        "Hutto-Gilbert sets."
    ),
    keys=("prepare", "datasets"),
)
