"""What all figures share: inline data, a model's looks, the highlighting of one model, sizes that follow the page.

Figures are Vega-Lite specifications made with Altair. What Altair would name by a counter is named here, so that equal
results give equal bytes. Colours of grounds and references come from the page's config (style.chart_config).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import altair as alt

from timeshare.report.entries import Table
from timeshare.report.statistics import Estimate
from timeshare.report.style import DASHES, model_style

Record = dict[str, Any]

SHARES = alt.Scale(domain=[0, 1])
LINE = alt.value(2)  # pixels of a line's width
ROW = 30  # pixels of a model's row, where models stand below each other


class Figure(NamedTuple):
    """A figure of the page.

    Attributes:
        id: unique on the page; letters, digits and hyphens.
        title: heading.
        spec: Vega-Lite specification.
        table: the numbers it draws.
        note: how to read it, where its marks do not say it themselves.
    """

    id: str
    title: str
    spec: Record
    table: Table
    note: str = ""

    def models(self, known: Sequence[str]) -> list[str]:
        """Those of the known models that it draws, in their order: what its key names."""
        drawn = {record.get("model") for records in self.spec["datasets"].values() for record in records}
        encodings = [layer.get("encoding", {}) for layer in self.spec["layer"]]
        keyed = any(one.get("color", {}).get("field") == "model" for one in encodings)
        return [name for name in known if name in drawn] if keyed else []


def figure(
    name: str,
    title: str,
    layers: Sequence[alt.Chart],
    data: Mapping[str, Sequence[Record]],
    table: Table,
    *choices: alt.Parameter,
    height: int,
    note: str = "",
) -> Figure:
    """The layers as one figure, as wide as its place on the page.

    Args:
        name: unique on the page.
        title: heading, and what a screen reader says.
        layers: from back to front.
        data: the records that the layers draw, by name.
        table: the numbers.
        choices: parameters that the reader sets.
        height: in pixels.
        note: how to read it.
    """
    named = [layer.properties(name=f"{name}-{index}") for index, layer in enumerate(layers)]
    chart = (
        alt.layer(*named)
        .add_params(alt.param(name="focus", value=""), *choices)
        .properties(
            name=name,
            description=title,
            width="container",
            height=height,
            autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        )
    )
    spec: Record = chart.to_dict()
    spec["datasets"] = dict(data)
    spec.pop("config", None)  # the page brings it, one for a light and one for a dark ground
    return Figure(name, title, spec, table, note)


def chart(data: str) -> alt.Chart:
    """A chart of the figure's records of that name: Altair would copy records given to it at every step."""
    return alt.Chart(alt.NamedData(name=data))


def colour(models: Sequence[str]) -> alt.Color:
    """A model's colour: the scale names all models of the page, the config gives the colours."""
    return alt.Color("model:N", scale=alt.Scale(domain=list(models)), legend=None)


def dash(models: Sequence[str]) -> alt.StrokeDash:
    """A model's dash pattern."""
    patterns = [list(model_style(index).dash) for index in range(len(models))]
    return alt.StrokeDash("model:N", scale=alt.Scale(domain=list(models), range=patterns), legend=None)


def shape(models: Sequence[str]) -> alt.Shape:
    """A model's marker."""
    markers = [model_style(index).marker for index in range(len(models))]
    return alt.Shape("model:N", scale=alt.Scale(domain=list(models), range=markers), legend=None)


def focused(shown: float) -> Any:
    """Opacity `shown`, and next to none while the page highlights another model."""
    return alt.condition("focus === '' || datum.model === focus", alt.value(shown), alt.value(shown * 0.12))


def share_scale(values: Iterable[float]) -> alt.Scale:
    """A scale of shares up to 1, from a round number below all values: lines and points need no 0 to stand on.

    Where all values are 1 it still has a length.
    """
    return alt.Scale(domain=[min(0.9, math.floor(10 * min(values)) / 10), 1])


def share_axis(**options: Any) -> alt.Axis:
    """An axis of shares, printed as percentages."""
    return alt.Axis(**{"format": ".0%", "tickCount": 6, **options})


def model_rows(models: Sequence[str]) -> alt.Y:
    """Models below each other, in the page's order."""
    return alt.Y("model:N", title=None, sort=list(models), axis=alt.Axis(domain=False, ticks=False))


def share_tip(field: str, title: str) -> alt.Tooltip:
    """A share in a tooltip."""
    return alt.Tooltip(f"{field}:Q", format=".1%", title=title)


def interval_tips(title: str) -> list[alt.Tooltip]:
    """A mean share and its interval in a tooltip."""
    return [share_tip("mean", title), share_tip("low", "from"), share_tip("high", "to")]


def radio(name: str, labels: dict[str, str]) -> alt.Parameter:
    """A choice for the reader, the first of `labels` (value -> label) to begin with."""
    bind = alt.binding_radio(options=list(labels), labels=list(labels.values()), name=" ")
    return alt.param(name=name, value=next(iter(labels)), bind=bind)


def summary_record(summary: Estimate) -> Record:
    """Mean and interval for a chart; without an interval its bounds are the mean."""
    low = summary.mean if summary.low is None else summary.low
    high = summary.mean if summary.high is None else summary.high
    return {"mean": round(summary.mean, 5), "low": round(low, 5), "high": round(high, 5)}


def series(
    models: Sequence[str],
    base: alt.Chart,
    y: alt.Y,
    tips: Sequence[alt.Tooltip | str],
    *,
    size: int,
    bands: bool = False,
    width: Any = LINE,
) -> list[alt.Chart]:
    """Each model's means with their intervals, from back to front: the last layer holds the markers.

    Args:
        models: of the page.
        base: what stands on the x axis; its records are those of `summary_record`, each with its `model`.
        y: the means, with their scale.
        tips: what a marker tells.
        size: of a marker, in square pixels.
        bands: whether an interval is part of a band behind the line, not a rule of its own.
        width: of the line; None: there is none.
    """
    base = base.encode(y=y, color=colour(models), opacity=focused(1))
    bounds = {"y": alt.Y("low:Q", scale=y.to_dict()["scale"]), "y2": "high:Q"}
    if bands:
        layers = [base.mark_area().encode(**bounds, opacity=focused(0.14))]
    else:
        layers = [base.mark_rule(strokeWidth=1.6).encode(**bounds)]
    if width is not None:
        layers.append(base.mark_line().encode(strokeDash=dash(models), strokeWidth=width))
    return [*layers, base.mark_point(filled=True, size=size).encode(shape=shape(models), tooltip=tips)]


def named_series(
    base: alt.Chart,
    field: str,
    names: Sequence[str],
    tips: Sequence[alt.Tooltip | str],
    *,
    width: float,
    size: int,
    columns: int,
) -> list[alt.Chart]:
    """Lines and markers of what is no model of the run: told apart by dash and marker, with a key below.

    Vega-Lite makes one key of all channels that show the same values, and dashes would break up the key's markers. So
    the values have another name for the lines.
    """
    lines = alt.Scale(domain=[f"line {name}" for name in names], range=[list(dash) for dash in DASHES[: len(names)]])
    legend = alt.Legend(orient="bottom", title=None, columns=columns, symbolSize=70)
    return [
        base.transform_calculate(dash=f"'line ' + datum.{field}")
        .mark_line(style="value-line", strokeWidth=width)
        .encode(strokeDash=alt.StrokeDash("dash:N", scale=lines, legend=None)),
        base.mark_point(style="value-point", filled=True, size=size).encode(
            shape=alt.Shape(f"{field}:N", scale=alt.Scale(domain=list(names)), legend=legend),
            tooltip=[f"{field}:N", *tips],
        ),
    ]
