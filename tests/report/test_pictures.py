"""The main figures as files."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from timeshare.params import Params
from timeshare.pipeline.report import build

pytestmark = pytest.mark.integration

SVG = "{http://www.w3.org/2000/svg}"


def test_each_dataset_has_its_main_figures_with_title_and_key(tree: Path, params: Params, tmp_path: Path) -> None:
    target, pictures = tmp_path / "report", tmp_path / "pictures"
    target.mkdir()
    pictures.mkdir()
    build(params, tree, target, pictures)
    assert sorted(path.relative_to(pictures).as_posix() for path in pictures.rglob("*.svg")) == [
        "parity/length.svg",
        "parity/order-invariance.svg",
        "parity/parameters.svg",
        "sentences/length.svg",
        "sentences/order.svg",
        "sentences/parameters.svg",
    ]
    for path in pictures.rglob("*.svg"):
        picture = ET.parse(path).getroot()
        words = [text.text for text in picture.iter(f"{SVG}text")]
        assert any(word and word.endswith(f" on {path.parent.name}") for word in words)
        assert words.count("unshared_matched") == 0  # no member of this run
        for model in params.run.models:
            assert model in words, path
        assert len(list(picture.iter(f"{SVG}path"))) > 3 * len(params.run.models)
    scores = ET.parse(pictures / "sentences/parameters.svg").getroot()
    assert "accuracy" in [text.text for text in scores.iter(f"{SVG}text")]  # of the choices, the one that is drawn
