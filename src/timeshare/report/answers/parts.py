"""What an answer is, and the parts that models play in the questions."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from timeshare.models.settings import BagOfWordsSettings, RecurrentSettings
from timeshare.report.cells import Table
from timeshare.report.figures import Figure
from timeshare.report.results import Results
from timeshare.report.statistics import Comparison
from timeshare.report.tables import compare_on
from timeshare.report.wording import NOT_MEASURED

NO_PAIR = "`run.models` has no recurrent model with shared weights beside one with weights for each step"


@dataclass(frozen=True)
class Answer:
    """What the numbers say on one question. Names of models and parameters stand in backticks.

    Attributes:
        question: in plain words.
        verdict: the shortest answer, a few words.
        sentences: the answer with its numbers; the first stands in the summary too.
        method: how it was measured.
        keys: parameters that would change it.
        table: its numbers.
        draw: draws its figures, None for one that the data does not allow.
    """

    question: str
    verdict: str
    sentences: Sequence[str]
    method: str
    keys: Sequence[str]
    table: Table | None = None
    draw: Callable[[], Iterable[Figure | None]] = tuple

    @property
    def measured(self) -> bool:
        """Whether this run could answer."""
        return self.verdict != NOT_MEASURED

    @cached_property
    def figures(self) -> list[Figure]:
        """The figures of its section, drawn when first asked for."""
        return [figure for figure in self.draw() if figure is not None]


def not_measured(
    question: str,
    lack: str,
    method: str,
    keys: Sequence[str],
    draw: Callable[[], Iterable[Figure | None]] = tuple,
) -> Answer:
    """The answer of a run that lacks what the question needs, with the figures that it allows all the same."""
    return Answer(question, NOT_MEASURED, (f"{lack}.",), method, keys, draw=draw)


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
    encoders = {name: settings.encoder for name, settings in recurrent(results)}
    found = [
        (encoders.get(shared or name) != settings.encoder, settings.match_parameters is not None, name)
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


def bag_of_words(results: Results) -> str | None:
    """The run's first model that is blind to order."""
    settings = results.params.models
    return next((name for name in results.models if isinstance(settings[name], BagOfWordsSettings)), None)


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


def lacks_study(results: Results, kind: str) -> str:
    """What a run lacks that did not make a study, and the command that makes it."""
    params = results.params
    name = next((name for name, settings in params.studies.items() if settings.study == kind), None)
    if name is None:
        return f"`studies` in params.yaml has none with `study: {kind}`"
    members = ", ".join([*params.run.studies, name])
    return f"`run.studies` lacks `{name}`; `dvc exp run -S 'run.studies=[{members}]'` answers it"


def recurrent(results: Results) -> list[tuple[str, RecurrentSettings]]:
    """The run's recurrent models with their settings."""
    found = ((name, results.params.models[name]) for name in results.models)
    return [(name, settings) for name, settings in found if isinstance(settings, RecurrentSettings)]
