"""The findings of the first screen: what the run says of sharing, each with its figures."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from timeshare.report.learned import beats_guessing, learned_differences
from timeshare.report.lengths import RULES
from timeshare.report.results import Results
from timeshare.report.roles import differences, pair
from timeshare.report.statistics import Comparison, Summary
from timeshare.report.tables import compare_on
from timeshare.report.wording import factor, listing, percent

SHOWN = 3


class Bar(NamedTuple):
    """A share: whose it is, its value, whether a model of the run has it."""

    name: str
    value: float
    is_model: bool = True

    @property
    def text(self) -> str:
        """Its value as a percentage."""
        return percent(self.value)


class Finding(NamedTuple):
    """One of the findings.

    Attributes:
        title: what was found, in a few words.
        bars: its figures.
        measured: what the bars are.
        elsewhere: what the other datasets say; empty where there is none.
        figure: the figure that shows most of it, by its id.
    """

    title: str
    bars: Sequence[Bar]
    measured: str
    elsewhere: str
    figure: str


class _Titles(NamedTuple):
    """What is said of a difference: what it is about, and of the shared model minus the other, above and below 0.

    `{times}` stands for how many times as many weights the other has.
    """

    about: str
    more: str
    less: str

    def of(self, sign: int | None) -> str:
        """The title for a sign; None: there is no interval."""
        if sign is None:
            return f"{self.about}: one seed, so no claim"
        return {1: self.more, -1: self.less, 0: f"{self.about}: no clear difference"}[sign]


def findings(results: Results) -> list[Finding]:
    """The first of them that the run has: about sharing, and then which model does best on each dataset."""
    found = [finding for one in (_longer, _moved, _like_training, _order) if (finding := one(results))]
    return [*found, *_best(results)][:SHOWN]


def _longer(results: Results) -> Finding | None:
    return _contrast(
        results,
        "length_score",
        _Titles(
            "Longer texts",
            "One set of weights carries over to longer texts better",
            "Weights for each step carry over to longer texts better",
        ),
        "Texts longer than any in training that are labelled right, on {}",
        "length-{}",
    )


def _moved(results: Results) -> Finding | None:
    return _contrast(
        results,
        "order_invariance",
        _Titles(
            "Moved words",
            "One set of weights knows better at other places what it learned at one",
            "Weights for each step know better what they learned at other places",
        ),
        "Texts that get one label in all orders of their words that mean the same, on {}",
        "order-{}",
    )


def _order(results: Results) -> Finding | None:
    return _contrast(
        results,
        "order_sensitivity",
        _Titles(
            "Orders that change the meaning",
            "One set of weights tells orders apart better",
            "Weights for each step tell orders apart better",
        ),
        "Pairs of equal words and different meaning, both labelled right, on {}",
        "order-sensitivity-{}",
    )


def _like_training(results: Results) -> Finding | None:
    return _contrast(
        results,
        "accuracy",
        _Titles(
            "{times} on texts like those of training",
            "{times} do worse on texts like those of training",
            "{times} do better on texts like those of training",
        ),
        "New texts as long as those of training that are labelled right, on {}",
        "overfit-{}",
    )


def _times(results: Results, dataset: str, roles: tuple[str, str]) -> str:
    """How many times as many weights the second model has."""
    one, other = (results.summary(dataset, model, "parameters") for model in roles)
    ratio = other.mean / one.mean if one and other else 0.0
    return f"{factor(ratio)} times as many weights" if ratio > 1.1 else "Weights for each step"


def _contrast(results: Results, metric: str, titles: _Titles, measured: str, figure: str) -> Finding | None:
    """The two models that most questions compare, where they differ most; None where the run has no such two."""
    roles = pair(results)
    compared: Callable[..., list[tuple[str, Comparison]]] = differences
    if metric in ("length_score", "order_invariance"):  # of a net that has learned nothing they say nothing
        compared = _learned
    found = compared(results, *roles, metric) if roles else []
    if not roles or not found:
        return None
    left_out = [name for name, _ in differences(results, *roles, metric) if name not in dict(found)]
    dataset, difference = max(found, key=lambda item: (abs(item[1].sign or 0), abs(item[1].mean)))
    bars, said = [], measured.format(dataset)
    for model in roles:
        name = (results.length_metric(dataset, model) if metric == "length_score" else None) or metric
        summary: Summary | None = results.summary(dataset, model, name)
        if summary:
            bars.append(Bar(model, summary.mean))
        rule = name.partition("/")[2]
        if rule:  # its better one, where tables show the rule that the model has
            said += f" ({model} with its {RULES[rule]} past its last step)"
    guess = _guess(results, dataset, metric)
    if guess is not None:
        bars.append(Bar("guessing", guess, is_model=False))
    title = titles.of(difference.sign).format(times=_times(results, dataset, roles))
    others = [item for item in found if item[0] != dataset]
    elsewhere = _elsewhere(others, difference.sign, left_out)
    return Finding(title, bars, said, elsewhere, figure.format(dataset))


def _learned(results: Results, first: str, second: str, metric: str) -> list[tuple[str, Comparison]]:
    return learned_differences(results, first, second, metric)[0]


def _guess(results: Results, dataset: str, metric: str) -> float | None:
    """What is got without learning anything: by the better of a constant answer and a guess at random."""
    if metric == "order_invariance":  # a constant answer is perfect here, which says nothing
        return None
    baselines = results.datasets[dataset].baselines
    known = [baselines[name][metric] for name in ("constant", "random") if metric in baselines.get(name, {})]
    return max(known) if known else None


def _elsewhere(others: Sequence[tuple[str, Comparison]], sign: int | None, left_out: Sequence[str]) -> str:
    """What the other datasets say, against the sign of the first, and which say nothing."""
    said = []
    for words, names in (
        ("The same on {}", [name for name, one in others if one.sign == sign and sign]),
        ("the reverse on {}", [name for name, one in others if sign and one.sign == -sign]),
        ("no clear difference on {}", [name for name, one in others if one.sign == 0]),
        ("not compared on {}, where one of them only guesses", left_out),
    ):
        if names:
            said.append(words.format(listing(names)))
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _best(results: Results) -> Iterator[Finding]:
    """The models with the highest accuracy on each dataset, beside a guess."""
    for dataset in results.datasets:
        ranked = sorted(_levels(results, dataset), key=lambda bar: -bar.value)
        title = f"On {dataset}, {_lead(results, dataset, *(bar.name for bar in ranked))}"
        bars = ranked[:SHOWN]
        guess = _guess(results, dataset, "accuracy")
        if guess is not None:
            bars.append(Bar("guessing", guess, is_model=False))
        yield Finding(title, bars, f"New texts that are labelled right, on {dataset}", "", f"overfit-{dataset}")


def _lead(results: Results, dataset: str, first: str, *others: str) -> str:
    """Whether a model is surely more accurate than all others."""
    if not others:
        return f"{first} learned this much" if beats_guessing(results, dataset, first) else f"{first} only guesses"
    found = [compare_on(results, dataset, first, other, "accuracy") for other in others]
    signs = {difference.sign for difference in found if difference}
    if None in signs:
        return "which is most accurate: one seed, so no claim"
    return f"{first} is the most accurate" if signs == {1} else "no model is clearly the most accurate"


def _levels(results: Results, dataset: str) -> Iterable[Bar]:
    return [
        Bar(model, summary.mean) for model in results.models if (summary := results.summary(dataset, model, "accuracy"))
    ]
