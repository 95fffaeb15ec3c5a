"""The table of the chosen settings and of those that do well."""

from collections import Counter
from typing import Any

from timeshare.report.entries import ABSENT, Entry, Table, model_entry
from timeshare.report.learned import trials_above_guessing
from timeshare.report.results import Results
from timeshare.report.trials import Tuning
from timeshare.report.wording import count, percent

_FEW = 6  # values of a key that are listed; of more, the range says as much


def settings_table(results: Results) -> Table:
    """A row for each tuned model: its choice, and below each setting the values of the trials that do well."""
    tuned = {
        (dataset, model): tuning
        for dataset in results.datasets
        for model in results.models
        if (tuning := results.tuning(dataset, model))
    }
    keys = list(dict.fromkeys(key for tuning in tuned.values() for key in tuning.trials[0].training))
    rows = []
    for (dataset, model), tuning in tuned.items():
        number, chosen = len(tuning.trials), tuning.choice.valid_accuracy
        above = trials_above_guessing(results, dataset, model)
        rows.append(
            (
                Entry(dataset),
                model_entry(model),
                ABSENT if chosen is None else Entry(percent(chosen)),
                Entry(f"{above} of {number}"),
                Entry(f"{len(tuning.doing_well)} of {number}"),
                *(_setting(tuning, key) for key in keys),
                Entry(count(tuning.choice.tokens)),
            )
        )
    columns = ["model", "chosen, valid.", "above a guess", "within 1 point", *(key.replace("_", " ") for key in keys)]
    return Table(
        "Validation accuracy of the chosen setting over its seeds; how many trials are surely above guessing, and how "
        "many within 1 point of the best; what was chosen, and below it the values of those within 1 point, with how "
        "many of the trials that have such a value do as well; tokens of all fits.",
        [*columns, "tokens"],
        rows,
        grouped=True,
    )


def _setting(tuning: Tuning, key: str) -> Entry:
    """A chosen value, and the values of that key that do well."""
    chosen = _value(tuning.choice.training[key]) if key in tuning.choice.training else ABSENT.text
    tried = Counter(trial.training[key] for trial in tuning.trials)
    well = Counter(trial.training[key] for trial in tuning.doing_well)
    if not well:
        return Entry(chosen)
    values = sorted(well, key=lambda value: (isinstance(value, str), value))
    numbers = [value for value in values if isinstance(value, float)]
    if len(tried) <= _FEW or len(numbers) < len(values):
        return Entry(chosen, ", ".join(f"{_value(value)}{_share(well[value], tried[value])}" for value in values))
    ends = dict.fromkeys((_value(numbers[0]), _value(numbers[-1])))
    within = [value for value in tried.elements() if isinstance(value, float) and numbers[0] <= value <= numbers[-1]]
    return Entry(chosen, f"{' to '.join(ends)}{_share(well.total(), len(within))}")


def _share(number: int, total: int) -> str:
    """` (3 of 8)`, which no line ends within."""
    return f" ({number} of {total})".replace(" ", "\N{NO-BREAK SPACE}")


def _value(value: Any) -> str:
    return f"{value:.2g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
