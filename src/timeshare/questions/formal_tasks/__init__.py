"""A published table again: the formal tasks of the Chomsky hierarchy."""

from timeshare.questions.formal_tasks.settings import ChomskySettings
from timeshare.questions.question import Question

QUESTION = Question(
    package=__name__,
    id="chomsky",
    text="Do the published scores on formal languages come out again?",
    method=(
        "The protocol of “Neural Networks and the Chomsky Hierarchy” (Delétang et al., ICLR 2023) on a CPU's budget: "
        "trained on short sequences, scored by the mean accuracy over all longer lengths, in percent; best of the "
        "seeds, as published. An empty cell is a score that was not read in its source."
    ),
    keys=("studies.chomsky", "run.studies"),
    settings=ChomskySettings,
    without_study="not asked",
)
