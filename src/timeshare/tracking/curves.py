"""What an evaluation measured at many lengths, n-gram sizes and positions, as curves that MLflow's charts compare.

Files keep these figures as they are (metrics.json, lengths.csv, positions.csv); only what MLflow is sent is arranged
so.
"""

from collections.abc import Iterable, Mapping, Sequence

Curves = dict[str, dict[int, float]]
Rows = Iterable[Sequence[str | int | float | None]]


def plain_metrics(metrics: Mapping[str, float]) -> dict[str, float]:
    """Those that are no point of a curve."""
    return {name: value for name, value in metrics.items() if not _size(name)}


def curves_of(metrics: Mapping[str, float], lengths: Rows, positions: Rows, own: str) -> Curves:
    """Every curve, by name.

    NAME_by_ngram has a point for each NAME/N; accuracy_by_length one for each length in tokens, under the model's own
    rule beyond its extent, and accuracy_by_length/RULE under each rule that it was asked under;
    accuracy_by_position/KIND one for each position of the deciding word, counted from 1.

    Args:
        metrics: by name.
        lengths: rows (rule, length, texts, right ones, ...).
        positions: rows (kind, position from 0, texts, right ones, ...).
        own: the model's own rule.
    """
    curves: Curves = {}
    for name, value in metrics.items():
        if size := _size(name):
            curves.setdefault(f"{name.rpartition('/')[0]}_by_ngram", {})[size] = value
    counts = [(str(rule), int(length or 0), _share(rows, right)) for rule, length, rows, right, *_ in lengths]
    rules = sorted({rule for rule, _, _ in counts} - {""})
    for name, its_rule in {"": own, **{f"/{rule}": rule for rule in rules}}.items():
        points = {length: share for rule, length, share in counts if rule in ("", its_rule)}
        if points:
            curves[f"accuracy_by_length{name}"] = dict(sorted(points.items()))
    for kind, position, rows, right, *_ in positions:
        curves.setdefault(f"accuracy_by_position/{kind}", {})[int(position or 0) + 1] = _share(rows, right)
    return curves


def _size(name: str) -> int:
    """The n-gram size in a metric's name; 0 where there is none."""
    size = name.rpartition("/")[2]
    return int(size) if "/" in name and size.isdigit() else 0


def _share(rows: str | int | float | None, right: str | int | float | None) -> float:
    return float(right or 0) / float(rows or 1)
