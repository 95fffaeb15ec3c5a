"""Options that the chosen scheme does not read, and bounds that make no segments."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from timeshare.core.config.models import (
    READ_BY,
    SCHEMES_WITH_SETS,
    AnyModel,
    ConvolutionSettings,
    RecurrentSettings,
    options_without_effect,
)
from timeshare.nn.weights import OPTIONS

SET = {
    "extent": 9,
    "extent_factor": 2.0,
    "beyond": "cycle",
    "num_sets": 3,
    "bounds": (2, 5),
    "basis": "rbf",
    "scale": 4.0,
    "align": "end",
    "hyper_size": 4,
    "hyper_embedding_size": 2,
}


def recurrent(sharing: str, **options: Any) -> RecurrentSettings:
    needed = {"num_sets": 3} if sharing in SCHEMES_WITH_SETS and "bounds" not in options else {}
    return RecurrentSettings(encoder="lstm", sharing=sharing, **{**needed, **options})


@pytest.mark.parametrize("sharing", READ_BY)
@pytest.mark.parametrize("option", [option for option in SET if option != "bounds"])
def test_a_scheme_is_given_what_it_reads_alone(sharing: str, option: str) -> None:
    found = options_without_effect(recurrent(sharing, **{option: SET[option]}))
    assert list(found) == ([] if option in READ_BY[sharing] else [option])


def test_the_message_names_the_schemes_that_read_it() -> None:
    assert options_without_effect(recurrent("shared", beyond="cycle")) == {
        "beyond": "sharing 'shared' does not read it; remove it, or take one that does: unshared, segments, mixture"
    }


def test_the_layers_refuse_nothing_that_is_read() -> None:
    assert READ_BY.keys() == OPTIONS.keys()
    for sharing, options in OPTIONS.items():
        assert set(options) == set(READ_BY[sharing]) & {"num_sets", "bounds", "scale"}


@pytest.mark.parametrize("sharing", READ_BY)
def test_a_default_counts_as_not_set(sharing: str) -> None:
    stated = json.dumps(recurrent(sharing).model_dump(mode="json"))
    model = TypeAdapter(AnyModel).validate_json(stated)
    assert set(SET) <= model.model_fields_set
    assert options_without_effect(model) == {}


def test_of_two_options_that_exclude_each_other_one_has_no_effect() -> None:
    one = "remove one of the two"
    unshared = recurrent("unshared", extent=9, extent_factor=2.0)
    assert options_without_effect(unshared) == {"extent_factor": f"is not read where extent is given; {one}"}
    basis = recurrent("basis", extent=9, scale=4.0)
    assert options_without_effect(basis) == {"extent": f"is not read where scale is given; {one}"}


@pytest.mark.parametrize("sharing", ["shared", "basis"])
def test_the_index_of_a_step_is_told_in_extents(sharing: str) -> None:
    scale = {"scale": 4.0} if sharing == "basis" else {}
    assert options_without_effect(recurrent(sharing, extent=9, time_input="index", **scale)) == {}
    assert list(options_without_effect(recurrent(sharing, extent=9, time_input="sincos", **scale))) == ["extent"]


def test_only_recurrent_models_have_schemes() -> None:
    assert options_without_effect(ConvolutionSettings(encoder="convolution", extent=9)) == {}
    assert list(options_without_effect(ConvolutionSettings(encoder="convolution", start="equal"))) == ["start"]
    local = ConvolutionSettings(encoder="convolution", shared=False, start="equal")
    assert options_without_effect(local) == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bounds": (3, 3)}, r"is \[3, 3\]; give steps in ascending order, each once"),
        ({"bounds": (5, 2)}, r"is \[5, 2\]; give steps in ascending order, each once"),
        ({"bounds": (0, 2)}, "greater than or equal to 1"),
        ({"bounds": (2, 5), "num_sets": 2}, "makes 3 segments, but num_sets is 2; remove one of the two"),
        ({"bounds": (2, 5), "extent": 5}, r"is \[2, 5\], but the extent ends with step 4; give steps within it"),
    ],
)
def test_bounds_that_make_no_segments_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message) as caught:
        recurrent("segments", **options)
    assert caught.value.errors()[0]["loc"][0] == "bounds"


def test_bounds_that_make_segments() -> None:
    for options in ({"bounds": (1,)}, {"bounds": (2, 5), "num_sets": 3, "extent": 6}, {"bounds": ()}):
        assert options_without_effect(recurrent("segments", **options)) == {}
