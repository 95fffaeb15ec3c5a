"""What the page is made of: which nets, which texts, and nothing that breaks out of it."""

import base64
import json
import re
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from tests.report.playground.project import HELD, make_params
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.store import PreparedData
from timeshare.pipeline import playground
from timeshare.pipeline.playground import build
from timeshare.report.playground.page import render
from timeshare.sources.sentences import grammar, lexicon


def content(page: str) -> dict[str, Any]:
    """What the page holds, as its script reads it."""
    (text,) = re.findall(r'<script type="application/json" id="content">(.*?)</script>', page, re.DOTALL)
    read: dict[str, Any] = json.loads(text)
    return read


@pytest.mark.parametrize(
    ("settings", "run", "nets"),
    [
        ({}, {}, ["shared", "unshared", "fourier"]),
        ({}, {"models": ["bag_of_words", "mixture", "fourier", "cycle"]}, ["cycle", "mixture"]),
        ({"models": ["fourier", "shared"], "seed": 0, "dataset": "sentences"}, {}, ["fourier", "shared"]),
        ({"models": ["fourier", "shared"]}, {"models": ["shared"]}, ["shared"]),
    ],
    ids=["one of each kind", "what there is", "named", "named and not run"],
)
def test_the_nets_of_the_page(root: Path, settings: dict[str, Any], run: dict[str, Any], nets: list[str]) -> None:
    assert [net["name"] for net in content(build(make_params(settings, **run), root))["nets"]] == nets


@pytest.mark.parametrize(
    ("settings", "run"),
    [
        (None, {}),
        ({}, {"models": ["bag_of_words", "unmasked"]}),
        ({"models": ["fourier"]}, {"models": ["shared"]}),
        ({"seed": 7}, {}),
        ({"dataset": "parity"}, {}),
    ],
    ids=["switched off", "no model fits", "model not run", "seed not run", "dataset not run"],
)
def test_without_nets_the_page_says_so_in_a_line(
    root: Path, settings: dict[str, Any] | None, run: dict[str, Any]
) -> None:
    page = build(make_params(settings, **run), root)
    assert "There is nothing to play with." in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("models", "reason"),
    [
        (["bag_of_words"], "names bag_of_words, whose encoder is bag_of_words, and the page knows lstm alone"),
        (["shared", "unmasked"], "names unmasked, whose mask is false, and the page knows true alone"),
        (["nonesuch"], "names nonesuch, which the catalogue of models lacks"),
    ],
    ids=["another encoder", "an option", "unknown"],
)
def test_a_model_that_does_not_fit_is_refused_in_one_line(models: list[str], reason: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(f"report.playground.models: {reason}")):
        make_params({"models": models})


def test_data_of_another_tokeniser_is_refused_where_it_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playground, "TOKENISERS", {})
    with pytest.raises(UserError, match=r"report\.playground\.dataset: names sentences, whose tokeniser"):
        build(make_params({"dataset": "sentences"}), root)
    assert "There is nothing to play with." in build(make_params({}), root)


def test_equal_inputs_give_equal_bytes(root: Path) -> None:
    params = make_params({"models": list(HELD)})
    assert build(params, root) == build(params, root)


def test_pairs_come_from_the_suite_and_longer_texts_from_the_probes(root: Path) -> None:
    page = content(build(make_params({}), root))
    pairs = {
        tuple(example["texts"]): tuple(example["labels"]) for example in page["examples"] if len(example["texts"]) == 2
    }
    assert pairs["On Monday it was snowing", "It was snowing on Monday"] == ("weather", "weather")
    assert pairs["I wanted the chocolate milk", "I wanted the milk chocolate"] == ("drink", "food")
    (longer,) = [example for example in page["examples"] if "more" in example]
    assert len(longer["texts"][0].split()) == page["longest"] + longer["more"]


def test_what_may_be_moved_is_what_the_probes_move(root: Path) -> None:
    """A phrase of the front in one order is that of the end in another; two swapped words change the class."""
    page = content(build(make_params({}), root))
    data = PreparedData.open(root / "data/prepared/sentences")
    adjuncts = {adjunct.lower() for slot in (*lexicon.DAYS.values(), *grammar.SLOTS_BUT_DAYS) for adjunct in slot}
    assert page["movable"]
    assert set(page["movable"]) <= adjuncts
    assert all(set(phrase.split()) <= set(data.vocabulary.tokens) for phrase in page["movable"])
    assert page["swaps"]
    for words, label in page["swaps"].items():
        first, second = words.split()
        assert page["swaps"][f"{second} {first}"] != label
        assert {label, page["swaps"][f"{second} {first}"]} <= set(page["classes"])


def test_the_places_of_a_word_are_those_that_training_had(root: Path) -> None:
    page = content(build(make_params({}), root))
    bits = np.unpackbits(np.frombuffer(base64.b64decode(page["places"]), np.uint8), bitorder="little")
    seen = bits[: len(page["vocabulary"]) * page["longest"]].reshape(-1, page["longest"])
    expected = np.zeros_like(seen)
    for bucket in PreparedData.open(root / "data/prepared/sentences").split("train").buckets:
        for tokens, length in zip(bucket.tokens, bucket.lengths, strict=True):
            for place, token in enumerate(tokens[:length]):
                if token >= 2:
                    expected[token - 2, place] = 1
    assert np.array_equal(seen, expected)


def test_the_weights_of_a_shared_net_are_wholly_alike_and_those_of_an_unshared_one_are_not(root: Path) -> None:
    shared, unshared, fourier = content(build(make_params({}), root))["nets"]
    assert {cosine for row in shared["similarity"]["cosines"] for cosine in row} == {1.0}
    means = [np.mean(net["similarity"]["cosines"]) for net in (shared, fourier, unshared)]
    assert all(one > other for one, other in pairwise(means))


def test_no_word_and_no_name_breaks_out_of_the_page(root: Path) -> None:
    made = content(build(make_params({}), root))
    evil = '</script><img src=x onerror="document.title=1">'
    page = render(made | {"vocabulary": [evil, "<!--"], "classes": [evil, "b & c"], "dataset": evil})
    assert evil not in page
    assert content(page)["vocabulary"] == [evil, "<!--"]
    assert page.count("<script") == page.count("</script>") == 2
    assert evil in unescape(page)
