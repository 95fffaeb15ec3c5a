"""A line and a drawing for every model that can be in a run."""

import pytest
from pydantic import TypeAdapter

from timeshare.models.settings import AnyModel
from timeshare.nn.schemes import SCHEMES
from timeshare.report.story.models import STEPS, describe, draw

_MODEL: TypeAdapter[AnyModel] = TypeAdapter(AnyModel)


def model(**given: object) -> AnyModel:
    return _MODEL.validate_python({"encoder": "lstm", **given})


@pytest.mark.parametrize("sharing", SCHEMES)
def test_every_scheme_of_the_table_has_words_and_levels_of_its_own(sharing: str) -> None:
    settings = model(sharing=sharing, **{"num_sets": 3} if "num_sets" in SCHEMES[sharing].reads else {})
    assert "scheme" not in describe(settings)
    levels = draw(settings).levels
    assert len(levels) == STEPS
    assert all(0 <= level <= 1 for level in levels)
    assert (len(set(levels)) == 1) == (sharing == "shared")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sharing": "unshared", "match_parameters": "shared"}, "`shared`"),
        ({"time_input": "sincos"}, "told at which step"),
        ({"sharing": "unshared", "align": "end"}, "from the end"),
        ({"encoder": "gru"}, "a GRU"),
        ({"encoder": "bag_of_words"}, "blind to their order"),
        ({"encoder": "feed_forward"}, "separate weights for each position"),
        ({"encoder": "convolution", "shared": False}, "other weights at each place"),
    ],
    ids=lambda value: "" if isinstance(value, str) else "-".join(map(str, value.values())),
)
def test_what_sets_a_model_apart_is_said(given: dict[str, object], said: str) -> None:
    assert said in describe(model(**given))


def test_a_model_without_steps_has_no_weights_over_them_and_one_that_reads_the_time_has_a_clock() -> None:
    assert not draw(model(encoder="bag_of_words")).levels
    assert draw(model(time_input="index")).clock
    assert not draw(model()).clock
