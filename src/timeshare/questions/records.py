"""What every study writes: tidy tables, and summary.json with each figure's mean over seeds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from typing_extensions import TypedDict

from timeshare.core.artifacts import write_csv, write_json

Record = Mapping[str, Any]


class Figure(TypedDict):
    """One figure of one variant: its mean over seeds, the extreme seeds', and every seed's."""

    mean: float
    low: float
    high: float
    values: list[float]


class VariantFigures(TypedDict):
    """A variant, as the keys that make it, and its figures."""

    variant: dict[str, Any]
    metrics: dict[str, Figure]


def write_table(path: Path, records: Sequence[Record]) -> None:
    """Write records that share their keys as CSV, in order; None is an empty field.

    Raises:
        ValueError: there is no record, or two differ in their keys.
    """
    if not records:
        raise ValueError(f"{path.name}: there is nothing to write")
    columns = list(records[0])
    for record in records:
        if differing := record.keys() ^ set(columns):
            raise ValueError(f"{path.name}: records differ in {', '.join(sorted(differing))}")
    write_csv(path, columns, ([record[column] for column in columns] for record in records))


def long_form(records: Iterable[Record], keys: Sequence[str], metrics: Sequence[str]) -> Iterator[Record]:
    """One record for each metric that a record has: its keys, `metric` and `value`."""
    for record in records:
        for metric in metrics:
            if metric in record:
                yield {**{key: record[key] for key in keys}, "metric": metric, "value": record[metric]}


def mean_by_region(records: Iterable[Record], keys: Sequence[str]) -> Iterator[Record]:
    """One record for each value of `keys`: they, and for each `region` its lengths' mean of correct / rows."""
    groups: dict[tuple[Any, ...], dict[str, list[float]]] = {}
    for record in records:
        regions = groups.setdefault(tuple(record[key] for key in keys), {})
        regions.setdefault(record["region"], []).append(record["correct"] / record["rows"])
    for values, regions in groups.items():
        means = {region: sum(accuracies) / len(accuracies) for region, accuracies in regions.items()}
        yield {**dict(zip(keys, values, strict=True)), **means}


def over_seeds(records: Iterable[Record], variant: Sequence[str], metrics: Sequence[str]) -> list[VariantFigures]:
    """Gather the records of each variant, one a seed.

    Args:
        records: each with the keys of `variant`, and those of `metrics` that it has a value for.
        variant: keys whose values make a variant.
        metrics: keys of figures; one that no record of a variant has a number for is absent there.
    Returns:
        The variants in the order of first sight; their values in the order of the records.
    """
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for record in records:
        groups.setdefault(tuple(record[key] for key in variant), []).append(record)
    gathered = []
    for key, members in groups.items():
        values = {
            metric: [member[metric] for member in members if member.get(metric) is not None] for metric in metrics
        }
        figures = {metric: _figure(numbers) for metric, numbers in values.items() if numbers}
        gathered.append(VariantFigures(variant=dict(zip(variant, key, strict=True)), metrics=figures))
    return gathered


def _figure(values: Sequence[float]) -> Figure:
    numbers = [float(value) for value in values]
    return Figure(mean=sum(numbers) / len(numbers), low=min(numbers), high=max(numbers), values=numbers)


def write_summary(
    folder: Path, study: str, seeds: Sequence[int], variants: Sequence[VariantFigures], facts: Mapping[str, Any]
) -> None:
    """Write summary.json, and print it: a line a variant.

    Args:
        seeds: in the order of each figure's `values`.
        variants: what `over_seeds` gives.
        facts: what else a reader needs to know, such as the longest training sentence.
    """
    content = {"study": study, "seeds": list(seeds), "variants": list(variants), "facts": dict(facts)}
    write_json(folder / "summary.json", content)
    for variant in variants:
        print(f"{study}: {in_words(variant)}")


def write_metrics(
    folder: Path,
    study: str,
    seeds: Sequence[int],
    records: Sequence[Record],
    keys: Sequence[str],
    metrics: Sequence[str],
    facts: Mapping[str, Any],
) -> None:
    """Write metrics.csv (one row a variant, seed and metric) and summary.json of records, one a variant and seed.

    Args:
        keys: those whose values make a variant.
        metrics: keys of figures, of those that a record has.
    """
    write_table(folder / "metrics.csv", list(long_form(records, (*keys, "seed"), metrics)))
    write_summary(folder, study, seeds, over_seeds(records, keys, metrics), facts)


def in_words(variant: VariantFigures) -> str:
    """`delta 0.1, scheme shared: test_error 0.304 (0.251 to 0.384)`: means, and ranges where the seeds differ."""

    def number(value: float) -> str:
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"

    keys = ", ".join(f"{key} {value}" for key, value in variant["variant"].items())
    figures = []
    for name, figure in variant["metrics"].items():
        span = f" ({number(figure['low'])} to {number(figure['high'])})" if figure["low"] < figure["high"] else ""
        figures.append(f"{name} {number(figure['mean'])}{span}")
    return f"{keys}: {', '.join(figures)}"
