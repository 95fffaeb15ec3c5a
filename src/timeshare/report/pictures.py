"""The main figures as SVG files, for places without the page: each with a title and a key of its own."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from timeshare.report.drawing import Figure
from timeshare.report.results import Results
from timeshare.report.style import GROUNDS, chart_config

# By how their names begin; the name of a dataset follows.
MAIN = ("length", "order", "order-invariance", "shuffle", "parameters")
_WIDTH = 640  # pixels
_KEYED = ("color", "shape", "strokeDash")


def write_pictures(results: Results, drawn: Iterable[Figure], folder: Path) -> None:
    """Write FOLDER/DATASET/NAME.svg for those figures of all answers that are main ones, into a folder that exists."""
    import vl_convert

    figures = {figure.id: figure for figure in drawn}
    config = chart_config("light", results.models) | {"background": GROUNDS["light"]}
    for dataset in results.datasets:
        (folder / dataset).mkdir()
        for name in MAIN:
            if figure := figures.get(f"{name}-{dataset}"):
                picture = vl_convert.vegalite_to_svg(whole(figure), config=config)
                (folder / dataset / f"{name}.svg").write_text(picture, encoding="utf-8")


def whole(figure: Figure) -> dict[str, Any]:
    """The specification with what the page adds around it: a width, a title, what is chosen, a key of the models."""
    spec = copy.deepcopy(figure.spec)
    chosen = [param["bind"]["labels"][0] for param in spec["params"] if "bind" in param]
    spec |= {"width": _WIDTH, "title": {"text": figure.title, "subtitle": chosen, "anchor": "start"}}
    del spec["autosize"]
    for encoding in _encodings(spec):
        for channel in _KEYED:
            if encoding.get(channel, {}).get("field") == "model":
                encoding[channel]["legend"] = {"title": None, "symbolOpacity": 1}
    return spec


def _encodings(spec: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for layer in spec["layer"]:
        yield layer.get("encoding", {})
