"""How a model looks, the same wherever it stands on the page, on a light and on a dark ground.

The colours follow Okabe & Ito (2008), shifted to keep a contrast on white and on near-black; a dash pattern and a
marker repeat what the colour says. tests/report/test_style.py holds them apart under three kinds of colour blindness.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

COLOURS = {
    "light": ("#0063A6", "#C44200", "#D18F00", "#008F67", "#B8558B", "#3F9DDF", "#333333", "#8A7A3F"),
    "dark": ("#3F97D8", "#EE6420", "#EDB43C", "#1FB38A", "#DB86B6", "#A5D8FF", "#F2F2F2", "#F4EB7A"),
}
GROUNDS = {"light": "#FFFFFF", "dark": "#15181C"}
DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (7, 3), (2, 2), (8, 3, 2, 3), (12, 4))
# The paths draw the same markers in the page's key, in a box from -1 to 1.
_MARKERS = {
    "circle": "M1,0A1,1,0,1,1,-1,0A1,1,0,1,1,1,0Z",
    "square": "M-.9,-.9H.9V.9H-.9Z",
    "triangle-up": "M0,-1L1,.85H-1Z",
    "diamond": "M0,-1.15L1.15,0L0,1.15L-1.15,0Z",
    "cross": "M-.35,-1H.35V-.35H1V.35H.35V1H-.35V.35H-1V-.35H-.35Z",
    "triangle-down": "M0,1L1,-.85H-1Z",
    "triangle-right": "M1,0L-.85,1V-1Z",
}
_INK = {"light": "#1C2024", "dark": "#E9ECEF"}
_MUTED = {"light": "#5B636B", "dark": "#A4ADB6"}
_GRID = {"light": "#E3E6E9", "dark": "#30363C"}
_SHADE = {"light": "#EEF1F4", "dark": "#20252B"}
_SHADOW = {"light": "rgb(28 32 36 / 0.2)", "dark": "rgb(233 236 239 / 0.2)"}
_RIGHT = {"light": "#1B6E3C", "dark": "#6FCF97"}
_WRONG = {"light": "#B3261E", "dark": "#FF8A80"}
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True)
class ModelStyle:
    """One model's colour (an index into COLOURS), dash pattern and marker."""

    colour: int
    dash: tuple[int, ...]
    marker: str

    @property
    def marker_path(self) -> str:
        """The marker as an SVG path in a box from -1 to 1."""
        return _MARKERS[self.marker]


def model_style(index: int) -> ModelStyle:
    """The style of the page's index-th model; no two of the first 40 are alike."""
    cycle, colour = divmod(index, len(COLOURS["light"]))
    markers = tuple(_MARKERS)
    return ModelStyle(colour, DASHES[(index + cycle) % len(DASHES)], markers[(index + cycle) % len(markers)])


def css_variables(theme: str) -> dict[str, str]:
    """The page's colours under a theme, as CSS variables."""
    return {
        "--ground": GROUNDS[theme],
        "--ink": _INK[theme],
        "--muted": _MUTED[theme],
        "--grid": _GRID[theme],
        "--shade": _SHADE[theme],
        "--shadow": _SHADOW[theme],
        "--right": _RIGHT[theme],
        "--wrong": _WRONG[theme],
        **{f"--colour-{index}": colour for index, colour in enumerate(COLOURS[theme])},
    }


def chart_config(theme: str, models: Sequence[str]) -> dict[str, Any]:
    """Vega-Lite's config under a theme; a chart whose colour scale names the models takes their colours from here."""
    ink, muted, grid = _INK[theme], _MUTED[theme], _GRID[theme]
    palette = COLOURS[theme]
    return {
        "background": "transparent",
        "font": _FONT,
        "view": {"stroke": None},
        "range": {"category": [palette[model_style(index).colour] for index in range(len(models))]},
        "axis": {
            "labelColor": muted,
            "labelFontSize": 12,
            "titleColor": ink,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "titlePadding": 8,
            "gridColor": grid,
            "domainColor": muted,
            "tickColor": grid,
            "labelPadding": 6,
            "labelLimit": 130,
            "labelSeparation": 8,
        },
        "axisX": {"grid": False},
        "legend": {"labelColor": muted, "labelFontSize": 12, "labelLimit": 320, "symbolStrokeColor": ink},
        "style": {
            "reference": {"color": muted, "strokeWidth": 1, "strokeDash": [3, 3]},
            "boundary": {"color": muted, "strokeWidth": 1},
            "shade": {"color": _SHADE[theme]},
            "note": {"color": muted, "fontSize": 11},
            "value": {"color": ink, "fontSize": 12},
            "name": {"color": muted, "fontSize": 12},
            "contour": {"color": grid, "strokeWidth": 1},
            "value-line": {"color": ink},
            "value-point": {"color": ink, "fill": ink},
            "bar-plain": {"color": muted, "opacity": 0.4},
            "bar-chosen": {"color": ink, "opacity": 0.8},
            "hollow": {"fill": GROUNDS[theme], "strokeWidth": 2},
        },
    }
