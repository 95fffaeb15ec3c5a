"""The parts that the models of a run play in the questions, and the differences between two of them."""

from collections.abc import Iterable, Sequence

from timeshare.models.settings import RecurrentSettings
from timeshare.report.records import Study, Variant
from timeshare.report.results import Results
from timeshare.report.statistics import Comparison
from timeshare.report.tables import compare_on
from timeshare.report.wording import share_with_interval

NO_PAIR = "`run.models` has no recurrent model with shared weights beside one with weights for each step"


def shared_model(results: Results) -> str | None:
    """The recurrent model with one set of weights: the baseline if it is one, or else the first of the run."""
    found = [
        name for name, settings in recurrent(results) if settings.sharing == "shared" and settings.time_input == "none"
    ]
    return results.baseline if results.baseline in found else next(iter(found), None)


def unshared_models(results: Results) -> list[str]:
    """The recurrent models with weights for each step of the longest training text.

    First those that differ from the shared model in nothing else, then those that have its number of parameters.
    """
    shared = shared_model(results)
    forms = {name: (settings.encoder, settings.readout) for name, settings in recurrent(results)}
    found = [
        (forms[name] != forms[shared or name], settings.match_parameters is not None, name)
        for name, settings in recurrent(results)
        if settings.sharing == "unshared" and settings.extent is None and settings.extent_factor == 1.0
    ]
    return [name for *_, name in sorted(found, key=lambda item: item[:2])]


def pair(results: Results) -> tuple[str, str] | None:
    """(shared, unshared): the two models that most questions compare; None where the run lacks one."""
    shared, unshared = shared_model(results), unshared_models(results)
    return (shared, unshared[0]) if shared and unshared else None


def matched_model(results: Results) -> str | None:
    """The unshared model that was given the shared one's number of parameters."""
    settings = results.params.models
    return next((name for name in unshared_models(results) if settings[name].match_parameters is not None), None)


def differences(results: Results, first: str, second: str, metric: str) -> list[tuple[str, Comparison]]:
    """(dataset, `first` minus `second`) on every dataset where both were measured."""
    return [
        (dataset, comparison)
        for dataset in results.datasets
        if (comparison := compare_on(results, dataset, first, second, metric))
    ]


def signs(found: Sequence[tuple[str, Comparison]]) -> list[int | None]:
    """The signs of differences, None where an interval is lacking."""
    return [comparison.sign for _, comparison in found]


def recurrent(results: Results) -> list[tuple[str, RecurrentSettings]]:
    """The run's recurrent models with their settings."""
    found = ((name, results.params.models[name]) for name in results.models)
    return [(name, settings) for name, settings in found if isinstance(settings, RecurrentSettings)]


def levels(results: Results, model: str, metric: str) -> list[str]:
    """`98.3% [97.1, 99.0] on parity` for every dataset where a metric was measured."""
    return [
        f"{share_with_interval(summary)} on {dataset}"
        for dataset in results.datasets
        if (summary := results.summary(dataset, model, metric))
    ]


def study_differences(
    results: Results, study: Study, pairs: Iterable[tuple[str, Variant, Variant]], metric: str
) -> list[tuple[str, Comparison]]:
    """(name, the first variant minus the second) for each of `pairs` where both have the metric."""
    return [
        (name, difference)
        for name, first, second in pairs
        if (difference := results.study_difference(study, first, second, metric))
    ]
