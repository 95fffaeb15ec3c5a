"""What the run's numbers cannot show: it stands where it matters, and the head of the page counts it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from timeshare.models.settings import BagOfWordsSettings
from timeshare.report.learned import beats_guessing, rows_by_length, trials, trials_above_guessing
from timeshare.report.results import Results
from timeshare.report.statistics import seeds_needed, smallest_p
from timeshare.report.wording import listing, p_value, percent, plural

MANY_UNSEEN = 0.05  # of the words of a text: most texts of twenty words have one
FEWEST_TEXTS = 100  # with fewer, one text is more than a point of accuracy


class Notice(NamedTuple):
    """A warning.

    Attributes:
        text: one or two sentences, the names of models in backticks.
        keys: parameters that would change it, which follow the text.
        dataset: which it is about; empty: about all, for want of seeds.
    """

    text: str
    keys: Sequence[str] = ()
    dataset: str = ""


def notices(results: Results) -> list[Notice]:
    """All that are true of a run: those on its seeds, then those on each dataset."""
    found = [Notice(text) for text in few_seeds(len(results.seeds), results.params.report.confidence)]
    for dataset in results.datasets:
        for kind in (_remarks, _few_texts, _tuned_unlike, _edited, _nothing_learned):
            found += [notice._replace(dataset=dataset) for notice in kind(results, dataset)]
    return found


def tuned_as(results: Results, dataset: str) -> str:
    """How a dataset's models came by their settings of training: `24 trials a model`, `not tuned`, or not alike."""
    by_trials = _by_trials(results, dataset)
    if len(by_trials) > 1:
        return "models not tuned alike"
    [number] = by_trials
    return f"{plural(number, 'trial')} a model" if number else "not tuned"


def tuned_line(results: Results) -> str:
    """The same of all datasets, in a sentence."""
    places: dict[str, list[str]] = {}
    for dataset in results.datasets:
        places.setdefault(tuned_as(results, dataset), []).append(dataset)
    if list(places) == ["not tuned"]:
        return "Settings of training are those of params.yaml: no model was tuned."
    return f"Settings of training: {', '.join(f'{said} on {listing(names)}' for said, names in places.items())}."


def _by_trials(results: Results, dataset: str) -> dict[int, list[str]]:
    """Models by their number of trials, 0 where not tuned."""
    found: dict[int, list[str]] = {}
    for model in results.models:
        tuning = results.tuning(dataset, model)
        found.setdefault(len(tuning.trials) if tuning else 0, []).append(f"`{model}`")
    return found


def _tuned_unlike(results: Results, dataset: str) -> Iterator[Notice]:
    """That a difference may be one of tuning, where models had different numbers of trials."""
    by_trials = _by_trials(results, dataset)
    if len(by_trials) > 1:
        said = [
            f"{listing(models)} with {plural(number, 'trial')}" if number else f"{listing(models)} not at all"
            for number, models in sorted(by_trials.items(), reverse=True)
        ]
        yield Notice(
            f"On {dataset}, models are not tuned alike, and a difference may be one of tuning: {'; '.join(said)}."
        )


def _edited(results: Results, dataset: str) -> Iterator[Notice]:
    """The chosen settings that were not trained with: those that params.yaml has another value of since, which wins."""
    edited: dict[str, list[str]] = {}
    for model in results.models:
        if tuning := results.tuning(dataset, model):
            given = results.params.training_for(dataset, model).model_dump(mode="json")
            keys = [f"`{key}`" for key, value in tuning.choice.instead_of.items() if given.get(key) != value]
            if keys:
                edited.setdefault(listing(keys), []).append(f"`{model}`")
    if edited:
        said = [f"{keys} of {listing(models)}" for keys, models in edited.items()]
        yield Notice(
            f"On {dataset}, edited in params.yaml since it was chosen, and trained as edited: {'; '.join(said)}."
        )


def few_seeds(seeds: int, confidence: float) -> list[str]:
    """What the run's number of seeds cannot show."""
    level, needed = 1 - confidence, seeds_needed(1 - confidence)
    if seeds >= needed:
        return []
    if seeds == 1:
        return ["With one seed there is no interval over seeds, and so no claim about any difference."]
    held = 1 - smallest_p(seeds)
    return [
        f"With {plural(seeds, 'seed')} the sign-flip test cannot give a p below {p_value(smallest_p(seeds))}, so none "
        f"here reaches {level:.2g}; that takes {needed} seeds.",
        f"No interval is wider than the range of the seeds, and the range of {seeds} holds the true median in "
        f"{held:.0%} of cases, not in {confidence:.0%}: read “more” and “less” as “in these runs”.",
    ]


def _remarks(results: Results, dataset: str) -> Iterator[Notice]:
    """What was found in the rows of a dataset, and how many of the words were never trained on."""
    meta = results.datasets[dataset].meta
    remarks = [remark.removeprefix(f"datasets.{dataset}: ") for remark in meta.get("remarks", [])]
    unseen = meta.get("unseen", {}).get("test", 0.0)
    if unseen >= MANY_UNSEEN:
        remarks.append(f"{unseen:.1%} of the words of test texts stand in no training text")
    if remarks:
        yield Notice(f"On {dataset}: {'; '.join(remarks)}.")


def _few_texts(results: Results, dataset: str) -> Iterator[Notice]:
    """How much one text weighs where there are few: an interval over seeds, which share the texts, does not tell."""
    tested = results.datasets[dataset].rows("test")
    if 0 < tested < FEWEST_TEXTS:
        yield Notice(
            f"On {dataset}, accuracy rests on {plural(tested, 'test text')}: one is {100 / tested:.1f} points."
        )
    longer = rows_by_length(results, dataset, results.models[0])
    texts = sum(longer.values())
    if 0 < texts < FEWEST_TEXTS:
        # The score is a mean over lengths, whatever texts each has.
        most = 100 / len(longer) / min(longer.values())
        yield Notice(
            f"On {dataset}, length scores rest on {plural(texts, 'text')} longer than those of training: one is up to "
            f"{most:.1f} points."
        )


def _nothing_learned(results: Results, dataset: str) -> Iterator[Notice]:
    """The models that only guess: those that do not fit their training texts, and those that fit nothing else.

    A bag of words is there to show where order is all there is: no training would mend that.
    """
    settings = results.params.models
    models = [model for model in results.models if not isinstance(settings[model], BagOfWordsSettings)]
    unlucky = [
        model
        for model in models
        if trials_above_guessing(results, dataset, model) and not beats_guessing(results, dataset, model)
    ]
    models = [model for model in models if model not in unlucky]
    unfitted = [model for model in models if not beats_guessing(results, dataset, model, "train_accuracy")]
    narrow = [model for model in models if model not in unfitted and not beats_guessing(results, dataset, model)]
    if unlucky:
        yield Notice(
            f"On {dataset}, guessing with the chosen settings, although trials do better on validation texts: "
            f"{_levels(results, dataset, unlucky, 'accuracy')}."
        )
    if unfitted:
        yield Notice(
            f"On {dataset}, no better than guessing even on training texts: "
            f"{_levels(results, dataset, unfitted, 'train_accuracy')}. More epochs or another learning rate may help:",
            (f"datasets.{dataset}.training", "training"),
        )
    if narrow:
        yield Notice(
            f"On {dataset}, better than guessing on training texts but not on test texts: "
            f"{_levels(results, dataset, narrow, 'train_accuracy', 'accuracy')}. Nothing carries over."
        )


def _levels(results: Results, dataset: str, models: Sequence[str], *metrics: str) -> str:
    """`unshared` (58.3%, then 50.1%; better in none of 24 trials), with one level a metric."""
    named = []
    for model in models:
        summaries = [summary for metric in metrics if (summary := results.summary(dataset, model, metric))]
        said = ", then ".join(percent(summary.mean) for summary in summaries)
        if tuning := results.tuning(dataset, model):
            above = trials_above_guessing(results, dataset, model) or "none"
            said += f"; better in {above} of {trials(tuning)}"
        named.append(f"`{model}` ({said})")
    return listing(named)
