"""Options that the chosen scheme does not read, and bounds that make no segments."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from timeshare.models.settings import (
    AnyModel,
    ConvolutionSettings,
    RecurrentSettings,
    options_without_effect,
    outside_code,
    read_by,
)
from timeshare.nn.cells import CELLS, load_cell
from timeshare.nn.schemes import SCHEMES

SET = {
    "extent": 9,
    "extent_factor": 2.0,
    "beyond": "cycle",
    "num_sets": 3,
    "bounds": (2, 5),
    "basis": "rbf",
    "scale": 4.0,
    "align": "end",
    "start": "equal",
    "hyper_size": 4,
    "hyper_embedding_size": 2,
}


def recurrent(sharing: str, **options: Any) -> RecurrentSettings:
    needed = {"num_sets": 3} if SCHEMES[sharing].needs and "bounds" not in options else {}
    return RecurrentSettings(encoder="lstm", sharing=sharing, **{**needed, **options})


def test_every_option_of_a_scheme_is_one_of_the_settings() -> None:
    assert {option for scheme in SCHEMES.values() for option in read_by(scheme)} == SET.keys()


@pytest.mark.parametrize("sharing", SCHEMES)
@pytest.mark.parametrize("option", [option for option in SET if option != "bounds"])
def test_a_scheme_is_given_what_it_reads_alone(sharing: str, option: str) -> None:
    found = options_without_effect(recurrent(sharing, **{option: SET[option]}))
    assert list(found) == ([] if option in read_by(SCHEMES[sharing]) else [option])


def test_what_a_scheme_reads_follows_from_its_record() -> None:
    assert read_by(SCHEMES["shared"]) == set()
    assert read_by(SCHEMES["hyper"]) == {"hyper_size", "hyper_embedding_size"}
    assert read_by(SCHEMES["unshared"]) == {"extent", "extent_factor", "beyond", "align", "start"}
    assert read_by(SCHEMES["periodic"]) == {"num_sets", "align", "start"}


def test_the_message_names_the_schemes_that_read_it() -> None:
    assert options_without_effect(recurrent("shared", beyond="cycle")) == {
        "beyond": "sharing 'shared' does not read it; remove it, or take one that does: unshared, segments, mixture"
    }


@pytest.mark.parametrize("sharing", SCHEMES)
def test_what_a_scheme_needs_is_asked_for(sharing: str) -> None:
    for need in SCHEMES[sharing].needs:
        with pytest.raises(ValidationError, match=f"sharing '{sharing}' needs {need}; add it"):
            RecurrentSettings(encoder="lstm", sharing=sharing)


OWN = "own_scheme:Alternating"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sharing": "sometimes"}, "is 'sometimes'; give shared, unshared, .*, or MODULE:CLASS for a scheme of your"),
        *(
            ({"sharing": wrong}, "is '.*'; give module:NAME")
            for wrong in ("own_scheme:", "os; rm:x", "results.own_scheme:A")
        ),
        ({"sharing": "no_such_module:Alternating"}, "there is no module no_such_module; put no_such_module.py beside"),
        ({"sharing": "broken_scheme:Pair"}, r"module broken_scheme cannot be imported \(SyntaxError: invalid syntax"),
        ({"sharing": "own_scheme:Slope"}, "module own_scheme has no Slope; correct the name"),
        ({"sharing": "own_scheme:NO_SCHEME"}, "is not a subclass of timeshare.nn.Sharing"),
        ({"sharing": "own_scheme:TakesAnything"}, "whose __init__ takes any arguments; name each option there"),
        ({"sharing": "own_scheme:ReadsDropout"}, "reads dropout, an option of the model; rename it in the class"),
        ({"sharing": OWN, "num_sets": 2}, f"sharing '{OWN}' needs steps; add it"),
        ({"sharing": OWN, "sharing_options": {"steps": 2}}, f"sharing '{OWN}' needs num_sets; add it"),
        (
            {"sharing": OWN, "num_sets": 2, "sharing_options": {"steps": 2, "step": 1}},
            f"sharing_options.step: is not read by sharing '{OWN}', which reads extent, steps, num_sets, shift; remove",
        ),
        (
            {"sharing": OWN, "sharing_options": {"steps": 2, "num_sets": 2}},
            "sharing_options.num_sets: is an option of every model; move it out of sharing_options",
        ),
        ({"sharing_options": {"steps": 2}}, "sharing_options.steps: is not read by sharing 'shared', which reads none"),
    ],
)
def test_a_scheme_of_ones_own_and_its_options_are_checked(
    options: dict[str, Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_scheme.py").write_text("1 +")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ValidationError, match=message) as caught:
        RecurrentSettings(encoder="gru", **options)
    assert "\n" not in caught.value.errors()[0]["msg"]


def test_a_scheme_of_ones_own_is_given_what_it_reads() -> None:
    model = RecurrentSettings(encoder="rnn", sharing=OWN, num_sets=2, sharing_options={"steps": 2, "shift": 3})
    assert options_without_effect(model) == {}
    assert TypeAdapter(AnyModel).validate_json(model.model_dump_json()) == model
    unread = options_without_effect(model.model_copy(update={"beyond": "cycle"}))
    assert unread == {
        "beyond": f"sharing '{OWN}' does not read it; remove it, or take one that does: unshared, segments, mixture"
    }


def test_the_file_of_a_scheme_of_ones_own_is_known() -> None:
    own = RecurrentSettings(encoder="rnn", sharing=OWN, num_sets=2, sharing_options={"steps": 2})
    assert outside_code(own) == Path(__file__).with_name("own_scheme.py")
    assert outside_code(recurrent("shared")) is None


@pytest.mark.parametrize("sharing", SCHEMES)
def test_a_default_counts_as_not_set(sharing: str) -> None:
    stated = json.dumps(recurrent(sharing).model_dump(mode="json"))
    model = TypeAdapter(AnyModel).validate_json(stated)
    assert SET.keys() <= model.model_fields_set
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


def test_a_forget_bias_is_for_cells_that_forget() -> None:
    for encoder in CELLS:
        model = RecurrentSettings(encoder=encoder, forget_bias=1.0, recurrent_init="orthogonal")
        found = {"forget_bias": f"encoder '{encoder}' has no forget gate; remove it, or take one that has: lstm"}
        assert options_without_effect(model) == ({} if load_cell(encoder).forget_gate is not None else found)


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
