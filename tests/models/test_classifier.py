"""The classifiers: every model of the catalogue, built, padded on either side, and trained a step."""

from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor, nn

from tests.nn.layers import generator
from timeshare.core.config.errors import UserError
from timeshare.models.classifier import SequenceClassifier, build_classifier
from timeshare.models.parameters import count_parameters, match_hidden_size, parameter_count, settle
from timeshare.models.saved import Blueprint, load_classifier, save_classifier
from timeshare.models.settings import AnyModel, RecurrentSettings
from timeshare.nn.cells import CELLS
from timeshare.nn.schemes import SCHEMES

SIZES = {"vocabulary_size": 30, "num_classes": 3, "extent": 7}
MODELS: dict[str, dict] = {
    **{
        f"{cell}, {scheme}": {"encoder": cell, "sharing": scheme, "num_sets": 3} for cell in CELLS for scheme in SCHEMES
    },
    "own": {"encoder": "gru", "sharing": "own_scheme:Alternating", "num_sets": 2, "sharing_options": {"steps": 2}},
    "deep": {"encoder": "lstm", "sharing": "unshared", "num_layers": 2, "bidirectional": True, "layer_norm": True},
    "deep mixture": {"encoder": "rnn", "sharing": "mixture", "num_sets": 2, "num_layers": 3, "layer_norm": True},
    "deep hyper": {"encoder": "lstm", "sharing": "hyper", "num_layers": 2, "bidirectional": True, "layer_norm": True},
    "bounds": {"encoder": "lstm", "sharing": "segments", "bounds": (2, 3)},
    "end": {"encoder": "lstm", "sharing": "unshared", "align": "end"},
    "half extent": {"encoder": "lstm", "sharing": "unshared", "extent_factor": 0.5},
    "time index": {"encoder": "lstm", "time_input": "index"},
    "time waves": {"encoder": "lstm", "time_input": "sincos"},
    "mean of states": {"encoder": "lstm", "sharing": "unshared", "align": "end", "readout": "mean"},
    "largest of states": {"encoder": "gru", "bidirectional": True, "readout": "max"},
    "attention": {"encoder": "rnn", "sharing": "hyper", "bidirectional": True, "readout": "attention"},
    "bag of words": {"encoder": "bag_of_words"},
    "mean": {"encoder": "bag_of_words", "pooling": "mean"},
    "feed-forward": {"encoder": "feed_forward"},
    "convolution": {"encoder": "convolution"},
    "locally connected": {"encoder": "convolution", "shared": False, "kernel_sizes": (2, 4)},
}
RECURRENT = [name for name, model in MODELS.items() if model["encoder"] in CELLS]
LENGTHS = torch.tensor([4, 9, 1])  # one text is longer than the extent
TOKENS = torch.randint(2, 30, (3, 9), generator=generator()).masked_fill(torch.arange(9) >= LENGTHS.unsqueeze(1), 0)


def settings(name: str, **more: object) -> AnyModel:
    return TypeAdapter(AnyModel).validate_python({**MODELS[name], **more})


def model(name: str, padding: str = "right", **more: object) -> SequenceClassifier:
    next_token = bool(more.pop("next_token", False))
    return build_classifier(
        settings(name, **more), **SIZES, padding=padding, next_token=next_token, generator=generator(3)
    )


def left(tokens: Tensor) -> Tensor:
    return torch.stack([row.roll(-int(n)) for row, n in zip(tokens, LENGTHS, strict=True)])


@pytest.mark.parametrize("name", MODELS)
def test_parameters_are_counted_without_memory_for_them(name: str) -> None:
    assert parameter_count(settings(name), **SIZES) == count_parameters(model(name))


@pytest.mark.parametrize("name", MODELS)
def test_weights_come_from_the_generator_alone(name: str) -> None:
    before = torch.random.get_rng_state()
    one, other = model(name), model(name)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(*pair) for pair in zip(one.parameters(), other.parameters(), strict=True))
    torch.manual_seed(1)
    assert not any(parameter.isnan().any() for parameter in one.parameters())


@pytest.mark.parametrize("name", MODELS)
def test_logits_depend_on_neither_the_side_nor_the_amount_of_padding(name: str) -> None:
    expected = model(name)(TOKENS, LENGTHS)
    assert expected.shape == (3, 3)
    more = nn.functional.pad(TOKENS, (0, 6))
    torch.testing.assert_close(model(name)(more, LENGTHS), expected)
    torch.testing.assert_close(model(name, "left")(left(more), LENGTHS), expected)
    alone = [model(name)(TOKENS[row : row + 1, : LENGTHS[row]], LENGTHS[row : row + 1])[0] for row in range(3)]
    torch.testing.assert_close(torch.stack(alone), expected)


@pytest.mark.parametrize("name", MODELS)
def test_without_a_mask_the_padding_is_read(name: str) -> None:
    unmasked = model(name, mask=False)
    expected = unmasked(TOKENS, LENGTHS)
    assert torch.equal(unmasked(TOKENS, torch.full_like(LENGTHS, 9)), expected)
    assert not torch.allclose(model(name)(TOKENS, LENGTHS)[2], expected[2])


@pytest.mark.parametrize("name", MODELS)
def test_every_parameter_learns(name: str) -> None:
    classifier = model(name)
    nn.functional.cross_entropy(classifier(TOKENS, LENGTHS), torch.tensor([0, 1, 2])).backward()
    for key, parameter in classifier.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.grad.any() or key.endswith(("hyper_weight_hh", "hyper_weight_ih", "hyper_bias")), key


@pytest.mark.parametrize("name", RECURRENT)
def test_states_are_in_their_tokens_places_and_what_is_read_is_made_of_them(name: str) -> None:
    right, turned = model(name), model(name, "left")
    states = right.states(TOKENS, LENGTHS)
    torch.testing.assert_close(turned.states(left(TOKENS), LENGTHS), torch.stack([*map(_roll, states, LENGTHS)]))
    assert not states[0, 4:].any()
    own = torch.arange(9) < LENGTHS.unsqueeze(1)
    if right.encoder.readout is not None:
        torch.testing.assert_close(right.encoder.readout(states, own), right.encode(TOKENS, LENGTHS))
    elif not settings(name).bidirectional:
        torch.testing.assert_close(states[torch.arange(3), LENGTHS - 1], right.encode(TOKENS, LENGTHS))


def _roll(row: Tensor, length: Tensor) -> Tensor:
    return row.roll(-int(length), 0)


@pytest.mark.parametrize("readout", ["last", "mean", "max", "attention"])
def test_next_tokens_are_read_off_the_states_by_a_head_of_their_own(readout: str) -> None:
    classifier = model("lstm, unshared", readout=readout, next_token=True)
    classes, logits = classifier.with_token_logits(TOKENS, LENGTHS)
    torch.testing.assert_close(classes, classifier(TOKENS, LENGTHS))
    assert logits.shape == (3, 9, 30)
    torch.testing.assert_close(logits, classifier.next_token(classifier.states(TOKENS, LENGTHS)))
    without = parameter_count(settings("lstm, unshared", readout=readout), **SIZES)
    assert count_parameters(classifier) == without + 30 * (64 + 1)
    # The future is out of sight: changing a token changes no earlier prediction.
    changed = TOKENS.clone()
    changed[1, 5] = 29
    difference = (classifier.with_token_logits(changed, LENGTHS)[1] - logits).abs().amax(2)[1]
    assert not difference[:5].any()
    assert difference[5:].all()


@pytest.mark.parametrize("name", ["deep", "bag of words", "convolution"])
def test_next_tokens_need_a_net_that_reads_in_one_direction(name: str) -> None:
    with pytest.raises(ValueError, match="next_token needs a recurrent model that reads in one direction"):
        model(name, next_token=True)


def test_the_rule_beyond_the_extent_is_a_choice_of_the_evaluation() -> None:
    for name in ("lstm, unshared", "gru, segments", "rnn, mixture", "feed-forward", "locally connected"):
        classifier = model(name)
        assert (classifier.extent, classifier.beyond) == (7, "hold")
        held = classifier(TOKENS, LENGTHS)
        classifier.beyond = "cycle"
        cycled = classifier(TOKENS, LENGTHS)
        torch.testing.assert_close(held[::2], cycled[::2])
        assert not torch.allclose(held[1], cycled[1])
        classifier.beyond = "error"
        with pytest.raises(ValueError, match="9 steps, but there are weights for 7 only"):
            classifier(TOKENS, LENGTHS)
        with pytest.raises(ValueError, match="beyond must be one of hold, cycle, error; it is 'loop'"):
            classifier.beyond = "loop"


@pytest.mark.parametrize(
    "name", ["lstm, shared", "gru, periodic", "rnn, basis", "lstm, hyper", "bag of words", "mean", "convolution"]
)
def test_models_with_weights_for_every_step_have_no_extent(name: str) -> None:
    classifier = model(name)
    assert classifier.extent is None
    assert classifier.beyond is None
    with pytest.raises(ValueError, match="nothing beyond its extent"):
        classifier.beyond = "hold"


@pytest.mark.parametrize(
    ("given", "expected"), [({}, 7), ({"extent_factor": 0.5}, 4), ({"extent_factor": 2.0}, 14), ({"extent": 5}, 5)]
)
def test_the_extent_is_the_settings_or_a_multiple_of_the_datas_rounded_up(given: dict, expected: int) -> None:
    assert model("lstm, unshared", **given).extent == expected


def test_truncation_is_a_choice_of_the_training() -> None:
    classifier = model("lstm, unshared", num_layers=2)
    assert classifier.truncate is None
    classifier.truncate = 2
    states = classifier.states(TOKENS, LENGTHS)
    states[:, 4:].sum().backward()
    assert not classifier.encoder.recurrent.layers[0].weight_hh.grad[:4].any()
    with pytest.raises(ValueError, match="only recurrent models have gradients through time"):
        model("mean").truncate = 2


def test_vectors_are_loaded_where_there_are_some() -> None:
    classifier = model("mean")
    classifier.load_vectors(torch.ones(30, 32), frozen=True)
    assert torch.equal(classifier.encode(TOKENS, LENGTHS), torch.ones(3, 32))
    with pytest.raises(ValueError, match="it has no word vectors to load"):
        model("bag of words").load_vectors(torch.ones(30, 32), frozen=True)


def test_only_recurrent_models_have_states() -> None:
    with pytest.raises(ValueError, match="only recurrent models have a state after each token"):
        model("convolution").states(TOKENS, LENGTHS)
    with pytest.raises(ValueError, match="does not predict tokens"):
        model("lstm, shared").with_token_logits(TOKENS, LENGTHS)


def test_lengths_are_checked() -> None:
    with pytest.raises(ValueError, match=r"lengths\[0\] is 10; each must be in 1 \.\. 9"):
        model("mean")(TOKENS, torch.tensor([10, 1, 1]))
    with pytest.raises(ValueError, match="the batch is empty"):
        model("lstm, shared")(TOKENS[:0], LENGTHS[:0])


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if model["encoder"] != "bag_of_words"])
@pytest.mark.parametrize("target", [1, 900, 12_345, 1_000_000])
def test_the_hidden_size_that_matches_parameters_is_the_closest(name: str, target: int) -> None:
    size = match_hidden_size(settings(name), target, **SIZES)

    def distance(hidden_size: int) -> int:
        return abs(parameter_count(settings(name, hidden_size=hidden_size), **SIZES) - target)

    assert size >= 1
    assert distance(size) <= distance(size + 1)
    assert size == 1 or distance(size) <= distance(size - 1)


def test_a_model_without_a_hidden_size_cannot_be_matched() -> None:
    with pytest.raises(ValueError, match="'bag_of_words' has no hidden size"):
        match_hidden_size(settings("bag of words"), 1000, **SIZES)


def test_published_parameter_counts() -> None:
    """One LSTM layer has 4H(E + H + 2): 266,240 at E = 2, H = 256, and 40 or 500 times as many unshared."""
    for factor, extent in ((1, None), (40, 40), (500, 500)):
        chosen = settings("lstm, unshared", extent=extent) if extent else settings("lstm, shared")
        chosen = chosen.model_copy(update={"hidden_size": 256, "embedding_size": 2})
        heads_and_table = 2 * 2 + 2 * 257
        count = parameter_count(chosen, vocabulary_size=2, num_classes=2, extent=1)
        assert count - heads_and_table == factor * 266_240


def test_a_saved_model_names_the_scheme_that_is_not_the_packages(tmp_path: Path) -> None:
    blueprint = Blueprint(settings("own"), "0" * 32, 30, ("a", "b", "c"), 7, "right", 0)
    classifier = blueprint.build(generator(3))
    save_classifier(tmp_path, blueprint, classifier)
    assert '"sharing": "own_scheme:Alternating"' in (tmp_path / "model.json").read_text()
    again, loaded = load_classifier(tmp_path)
    assert again == blueprint
    assert torch.equal(loaded(TOKENS, LENGTHS), classifier.eval()(TOKENS, LENGTHS))
    (tmp_path / "model.json").write_text((tmp_path / "model.json").read_text().replace(":Alternating", ":Gone"))
    with pytest.raises(UserError, match=r"model.json: is damaged .*has no Gone") as caught:
        load_classifier(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("scheme", "message"),
    [
        ("FailsToBuild", "RuntimeError: two lines"),
        ("NeedsNumbers", "it must be possible to build it on the device 'meta'"),
        ("DoesNothing", "neither picks sets nor mixes them; define picks or coefficients"),
        ("FailsToMix", "KeyError: 'phi'"),
        ("Transposed", r"its coefficients have shape \[2, 7\]; return \[steps, num_sets\], here \[7, 2\]"),
    ],
)
def test_a_scheme_of_ones_own_that_does_not_work_is_refused_in_one_line(scheme: str, message: str) -> None:
    name = f"own_scheme:{scheme}"
    meta: Any = {"classes": ["a", "b"], "longest_train": 7, "vocabulary_size": 9, "vocabulary": "0", "side": "right"}
    with pytest.raises(ValueError, match=f"sharing '{name}'.*{message}") as caught:
        settle(RecurrentSettings(encoder="gru", sharing=name), meta)
    assert "\n" not in str(caught.value)
