"""Models can be told apart, whatever the reader's eyes and screen."""

import itertools
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from timeshare.report.style import COLOURS, GROUNDS, chart_config, css_variables, model_style

Vector = npt.NDArray[np.float64]

# Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.119192, 0.9503041]]
)


def linear(colour: str) -> Vector:
    channels = np.array([int(colour[index : index + 2], 16) for index in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(light: Vector) -> Vector:
    x, y, z = np.cbrt(TO_XYZ @ light.clip(1e-4, 1) / np.array([0.95047, 1.0, 1.08883]))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(first: str, second: str) -> float:
    low, high = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (first, second))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", COLOURS)
@pytest.mark.parametrize("blindness", BLINDNESS)
def test_colours_differ_to_every_eye(theme: str, blindness: str) -> None:
    seen = [lab(BLINDNESS[blindness] @ linear(colour)) for colour in COLOURS[theme]]
    assert min(np.linalg.norm(one - other) for one, other in itertools.combinations(seen, 2)) > 11


@pytest.mark.parametrize("theme", COLOURS)
def test_colours_stand_out_from_their_ground(theme: str) -> None:
    assert min(contrast(colour, GROUNDS[theme]) for colour in COLOURS[theme]) > 2.6
    variables = css_variables(theme)
    assert contrast(variables["--ink"], variables["--ground"]) > 7
    assert contrast(variables["--muted"], variables["--ground"]) > 4.5


def test_no_two_of_forty_models_look_alike() -> None:
    assert len({model_style(index) for index in range(40)}) == 40


def test_a_chart_takes_each_models_own_colour() -> None:
    models = [f"model{index}" for index in range(10)]
    colours = chart_config("light", models)["range"]["category"]
    assert colours == [COLOURS["light"][model_style(index).colour] for index in range(10)]
    assert colours[8] == colours[0]  # colours repeat; dash and marker then differ
    assert model_style(8).dash != model_style(0).dash
    assert model_style(8).marker != model_style(0).marker


@pytest.mark.parametrize("template", ["lines_by_model", "points_by_model"])
def test_dvc_plots_show_a_model_in_its_colour_of_the_page(template: str) -> None:
    content = (Path(".dvc/plots") / f"{template}.json").read_text()
    assert json.loads(content)["spec"]["encoding"]["color"]["scale"]["range"] == list(COLOURS["light"])
