"""How hard each model is to train: what random settings of training reach, and how many of them do well."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from timeshare.questions.trainability.figure import expected_best_figure
from timeshare.report.answer import Answer, not_measured
from timeshare.report.entries import ABSENT, Entry, Table, model_entry
from timeshare.report.learned import trials, trials_above_guessing
from timeshare.report.results import Results
from timeshare.report.roles import pair
from timeshare.report.trials import Tuning
from timeshare.report.wording import count, listing, p_value, percent, share_with_interval, verdict

METHOD = (
    "Every model of a dataset is tried with as many settings, drawn at random from the same space, and each setting is "
    "scored on validation texts at its best epoch. The curve is the mean of the best over all subsets of so many "
    "trials, which is unbiased; bands are bootstrap intervals over trials, too narrow at the right end. A trial whose "
    "loss was no number counts as the worst. A trial does well within 1 point of its model's best. One model is harder "
    "to train than another where fewer of its trials do well (Fisher's exact test), or where none is surely above "
    "guessing, at the page's confidence for all epochs of all its trials together."
)
KEYS = ("tuning", "run.models", "run.datasets")
Tuned = dict[tuple[str, str], Tuning]  # by dataset and model
_FEW = 6  # values of a key that are listed; of more, the range says as much


def answer(results: Results) -> Answer:
    """Compare the two models of most questions, and name those that no setting helps."""
    tuned = {
        (dataset, model): tuning
        for dataset in results.datasets
        for model in results.models
        if (tuning := results.tuning(dataset, model))
    }
    if not tuned:
        return not_measured("No model of the run was tuned; `timeshare tune --now` does it")
    sentences = [f"One random setting of training reaches, on validation texts, {'; '.join(_levels(results))}."]
    roles = pair(results)
    signs, shares = _contrast(results, *roles) if roles else ([], [])
    if shares:
        sentences.append(f"Within 1 point of the model's best come {'; '.join(shares)}.")
    said = verdict(
        signs, yes="Harder with weights for each step", no="Harder with one set of weights", same="Neither is harder"
    )
    return Answer(
        said if signs else "No two models to compare",
        [*sentences, *_hopeless(results, tuned)],
        _settings_table(results, tuned),
        lambda: (expected_best_figure(results, dataset) for dataset in results.datasets),
    )


def _levels(results: Results) -> Iterator[str]:
    """For each dataset what a random setting reaches, and the best of all, with the two models or else with all."""
    for dataset in results.datasets:
        bests = {model: best for model in results.models if (best := results.expected_best(dataset, model))}
        roles = pair(results) or ()
        shown = {model: bests[model] for model in roles if model in bests} or bests
        if shown:
            numbers = {len(best) for best in shown.values()}
            of = str(*numbers) if len(numbers) == 1 else "all"
            levels = [
                f"{share_with_interval(best[0])} with `{model}` (best of {of}: {percent(best[-1].mean)})"
                for model, best in shown.items()
            ]
            yield f"{listing(levels)} on {dataset}"


def _contrast(results: Results, shared: str, unshared: str) -> tuple[list[int | None], list[str]]:
    """Of each dataset whether `unshared` is harder to train (1), `shared` (-1) or neither (0), with what says so."""
    signs: list[int | None] = []
    shares = []
    for dataset in results.datasets:
        one, other = results.tuning(dataset, shared), results.tuning(dataset, unshared)
        if not one or not other:
            continue
        learned = [bool(trials_above_guessing(results, dataset, model)) for model in (shared, unshared)]
        if all(learned):
            p, sign = _fewer(one, other, 1 - results.params.report.confidence)
            signs.append(sign)
            counts = [
                f"{len(tuning.doing_well)} of {trials(tuning)} of `{model}`"
                for tuning, model in ((one, shared), (other, unshared))
            ]
            shares.append(f"{listing(counts)} on {dataset} (p\N{NO-BREAK SPACE}{p_value(p)})")
        elif any(learned):  # what no setting helps is the harder
            signs.append(1 if learned[0] else -1)
    return signs, shares


def _fewer(one: Tuning, other: Tuning, level: float) -> tuple[float, int]:
    """(p, sign) of `other` having the smaller share of trials that do well: 1 if it has, -1 if `one` has."""
    from scipy import stats

    counts = [(len(tuning.doing_well), len(tuning.trials) - len(tuning.doing_well)) for tuning in (one, other)]
    p = float(stats.fisher_exact(counts).pvalue)
    first, second = (well / (well + rest) for well, rest in counts)
    return p, (int(first > second) - int(first < second)) if p <= level else 0


def _hopeless(results: Results, tuned: Tuned) -> Iterator[str]:
    """The models that no trial brought above guessing, and those whose trials failed."""
    none = [
        f"`{model}` on {dataset} (best of {len(tuning.trials)} {percent(max(tuning.accuracies))})"
        for (dataset, model), tuning in tuned.items()
        if not trials_above_guessing(results, dataset, model)
    ]
    if none:
        yield f"In no trial better than guessing on validation texts: {listing(none)}."
    failed = [
        f"{tuning.failed} of {trials(tuning)} of `{model}` on {dataset}"
        for (dataset, model), tuning in tuned.items()
        if tuning.failed
    ]
    if failed:
        yield f"The loss was no number in {listing(failed)}."


def _settings_table(results: Results, tuned: Tuned) -> Table:
    """A row for each tuned model: its choice, and below each setting the values of the trials that do well."""
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
    if key not in tuning.trials[0].training:  # the space was another one
        return ABSENT
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
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:.2g}" if abs(value) < 1 else f"{value:g}"
