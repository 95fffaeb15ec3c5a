"""Each model without recurrence against the shared one."""

from timeshare.models.settings import BagOfWordsSettings, ConvolutionSettings, FeedForwardSettings
from timeshare.report.answer import Answer, not_measured
from timeshare.report.learned import unlearned_clause
from timeshare.report.results import Results
from timeshare.report.roles import differences, shared_model, signs
from timeshare.report.tables import contrast_table
from timeshare.report.wording import ACCURATE, clauses, compared, verdict

METHOD = (
    "An unrolled unshared LSTM is a feed-forward net with a cell state. Beside the shared LSTM stand models that "
    "ignore position, models with weights for each position, and convolutions of both kinds."
)
KEYS = ("models", "run.models")
_KINDS = (BagOfWordsSettings, FeedForwardSettings, ConvolutionSettings)


def answer(results: Results) -> Answer:
    """Compare their accuracy at the lengths of training."""
    models = [name for name in results.models if isinstance(results.params.models[name], _KINDS)]
    shared = shared_model(results)
    if not models or not shared:
        return not_measured("`run.models` has no shared recurrent model beside one without recurrence")
    found = {model: differences(results, model, shared, "accuracy") for model in models}
    guessing = unlearned_clause(results, shared)
    return Answer(
        verdict(
            signs([item for items in found.values() for item in items]),
            yes="Yes, better",
            no="No, worse",
            same="Yes: no difference",
            where="in {} of {} cases",
        ),
        [
            f"On texts as long as those of training, compared with `{shared}`, `{model}` is "
            f"{clauses(compared(items, ACCURATE), guessing)}."
            for model, items in found.items()
        ],
        contrast_table(results, ("accuracy", "order_score", "length_score"), shared, [shared, *models]),
    )
