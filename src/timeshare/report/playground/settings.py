"""The key `report.playground` of params.yaml, and which models the page can hold."""

from pydantic import Field

from timeshare.core.config.base import Count, Distinct, Name, Settings
from timeshare.models.settings import AnyModel, RecurrentSettings
from timeshare.nn.schemes import SCHEMES

# What the page's own arithmetic does not do: of these options it knows this one value.
_ONLY = {
    "encoder": "lstm",
    "num_layers": 1,
    "bidirectional": False,
    "layer_norm": False,
    "readout": "last",
    "time_input": "none",
    "mask": True,
    "align": "start",
}


class PlaygroundSettings(Settings):
    """Whose nets run in report/playground.html; what the run does not have is left out."""

    dataset: Name | None = Field(
        default=None, description="the data of the nets; null: the first of `run.datasets` that the page can read"
    )
    models: Distinct[Name] | None = Field(
        default=None,
        min_length=1,
        description="models to hold side by side, each an LSTM of one layer; null: the run's first that shares its "
        "weights, its first with weights for each step, and its first of another scheme",
    )
    seed: Count | None = Field(default=None, description="the seed of the nets; null: the first of `run.seeds`")


def misfit(model: AnyModel) -> str | None:
    """Why the page cannot hold a model, as the end of a sentence about it; None: it can."""
    for option, value in _ONLY.items():
        found = getattr(model, option, value)
        if found != value:
            return f"whose {option} is {str(found).lower()}, and the page knows {str(value).lower()} alone"
    if not isinstance(model, RecurrentSettings):  # as no encoder `lstm` is not
        return "which reads no steps"
    if model.sharing not in SCHEMES or model.sharing == "hyper":
        return f"whose sharing is {model.sharing}: its weights are not known before a text is"
    if model.beyond == "error":
        return "whose beyond is error: the page reads longer texts, too"
    return None
