"""The page to play with in a browser: its nets say what timeshare says, and everybody can use it."""

import json
import math
import random
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.browser.chromium import MARKS, SCREENSHOTS, Tab
from tests.report.playground.project import HELD, SUITE, make_params, write_project
from timeshare.core.prepared.tokenisers import TOKENISERS
from timeshare.evaluate.text_classifier import TextClassifier, load_text_classifier
from timeshare.pipeline.playground import build
from timeshare.report.playground.page import render

READY = "document.documentElement?.dataset.playground === 'ready'"
SAID = "[...document.querySelectorAll('.said strong')].map(label => label.textContent)"

pytestmark = MARKS


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("playground")
    write_project(folder)
    for name, models in {"three": None, "all": list(HELD)}.items():
        (folder / f"{name}.html").write_text(build(make_params({"models": models}), folder), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with Tab.open(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def tab(opened: Tab, root: Path) -> Tab:
    """The page of three nets, on a wide screen."""
    show(opened, root / "three.html")
    return opened


def show(tab: Tab, page: Path, width: int = 1280, theme: str = "light") -> None:
    tab.show(page, width, 844, theme)
    tab.wait_for(READY)


def type_in(tab: Tab, field: str, text: str) -> None:
    tab.evaluate(
        f"(() => {{ const field = document.getElementById({field!r}); field.value = {json.dumps(text)};"
        " field.dispatchEvent(new Event('input')); })()"
    )


def press(tab: Tab, group: str, words: str) -> None:
    """Press the button of a group that has these words on it."""
    buttons = f"[...document.querySelectorAll('#{group} button')]"
    tab.evaluate(f"{buttons}.find(one => one.textContent.includes({json.dumps(words)})).click()")


def of_model(root: Path, name: str) -> TextClassifier:
    return load_text_classifier(root / "models/sentences" / name / "0", root / "data/prepared/sentences")


def texts_to_ask(root: Path) -> list[str]:
    """Those of the suite, and 200 of words at random: of the grammar and others, up to twice as long as training's."""
    suite = [json.loads(line)["texts"] for line in SUITE.read_text(encoding="utf-8").splitlines()]
    words = [*of_model(root, "shared").vocabulary.tokens[2:], "zebra", "<unk>", "<pad>", "Naïve", "I'm,"]
    draw = random.Random(0)
    drawn = [" ".join(draw.choices(words, k=draw.randint(1, 32))) for _ in range(200)]
    return [text for texts in suite for text in texts] + drawn


@pytest.mark.parametrize("rule", [None, "hold", "cycle"])
def test_a_net_says_what_predict_says(opened: Tab, root: Path, rule: str | None) -> None:
    show(opened, root / "all.html")
    texts = texts_to_ask(root)
    for index, name in enumerate(HELD):
        model = of_model(root, name)
        if rule and model.classifier.extent is None:
            continue
        if rule:
            model.classifier.beyond = rule
        asked = f"{json.dumps(texts)}.map(text => playground.read({index}, text, {json.dumps(rule)}).at(-1))"
        assert np.abs(np.array(opened.evaluate(asked)) - model(texts)).max() < 1e-5, name


def test_after_each_word_it_says_what_predict_says_of_a_text_that_ends_there(tab: Tab, root: Path) -> None:
    text = "on monday i wanted the chocolate milk in the zebra house with my father and a friend at night"
    words = text.split()
    starts = [" ".join(words[: end + 1]) for end in range(len(words))]
    for index, name in enumerate(("shared", "unshared", "fourier")):
        found = tab.evaluate(f"playground.read({index}, {json.dumps(starts[-1])})")
        assert np.abs(np.array(found) - of_model(root, name)(starts)).max() < 1e-5


def test_no_two_classes_have_one_colour(tab: Tab, root: Path) -> None:
    shown = "[...document.querySelectorAll('#legend .swatch')].map(one => getComputedStyle(one).backgroundColor)"
    colours = tab.evaluate(shown)
    assert len(set(colours)) == len(colours) == len(of_model(root, "shared").classes) > 8


def test_what_is_drawn_is_what_the_nets_say(tab: Tab, root: Path) -> None:
    texts = ("I wanted the chocolate milk", "I wanted the milk chocolate")
    type_in(tab, "text-a", texts[0])
    type_in(tab, "text-b", texts[1])
    models = [of_model(root, name) for name in ("shared", "unshared", "fourier")]
    expected = [model(texts) for model in models]
    assert tab.evaluate(SAID) == [models[0].classes[row.argmax()] for rows in expected for row in rows]
    heights = """[...document.querySelectorAll('.bars')].map(bars => [...bars.lastChild.querySelectorAll('.bar i')]
        .map(part => part.getBoundingClientRect().height / part.parentElement.clientHeight))"""
    drawn = [sorted(parts) for parts in tab.evaluate(heights)]
    shares = [sorted(share for share in row.tolist() if share >= 0.004) for rows in expected for row in rows]
    for one, other in zip(drawn, shares, strict=True):
        assert one == pytest.approx(other, abs=0.02)
    table = "[...document.querySelectorAll('.net table')].map(table => [...table.rows]"
    table += ".map(row => [...row.cells].map(cell => cell.textContent)))"
    for rows, model in zip(tab.evaluate(table), models, strict=True):
        classes = len(model.classes)
        numbers = [[float(number) for number in row[2 : 2 + classes]] for row in rows[1:]]
        assert np.abs(np.array([numbers[4], numbers[9]]) - model(texts)).max() <= 0.00006


ODD_TEXTS = [
    *("I can't, now.", 'He said: "so; (what)?!"', "a<br />b<BR />c", '<b"r />', "don't..", "  ", "", "+1-2*3 a_b"),
    *(
        "İstanbul ΑΣ Straße Ǆ",
        "e\u0301te\u0301 \U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea",
        "\r\n",
    ),
    # Whatever Python knows: white space, marks, letters.
    *(f"A{chr(code)}b" for code in range(0x3100) if unicodedata.category(chr(code)) != "Cn"),
]


@pytest.mark.parametrize("name", ["basic_english", "whitespace"])
def test_a_text_has_the_words_that_python_gives_it(tab: Tab, name: str) -> None:
    found = tab.evaluate(f"{json.dumps(ODD_TEXTS)}.map(TOKENISERS.{name})")
    assert found == [TOKENISERS[name](text) for text in ODD_TEXTS]


def test_a_text_has_the_characters_that_python_gives_it(tab: Tab) -> None:
    texts = ODD_TEXTS[:11]
    assert tab.evaluate(f"{json.dumps(texts)}.map(TOKENISERS.characters)") == list(map(TOKENISERS["characters"], texts))
    assert set(tab.evaluate("Object.keys(TOKENISERS)")) == set(TOKENISERS)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_nothing_sticks_out_is_fetched_or_complains(opened: Tab, root: Path, width: int, theme: str) -> None:
    opened.events.clear()
    show(opened, root / "three.html", width, theme)
    opened.screenshot(SCREENSHOTS / f"playground-{width}-{theme}.png")
    for text in ("", "zebra " * 90, "W" * 300, "On Monday it was snowing"):
        type_in(opened, "text-a", text)
        assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), text[:20]
        assert opened.evaluate("window.innerWidth") == width
    complaints = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
    assert [event for event in opened.events if event["method"] in complaints] == []
    requests = [
        event["params"]["request"]["url"] for event in opened.events if event["method"] == "Network.requestWillBeSent"
    ]
    assert [url.partition(":")[0] for url in requests if not url.startswith("data:")] == ["file"]


def test_an_example_is_one_press_away_and_its_answers_are_judged(tab: Tab) -> None:
    press(tab, "examples", "On Monday it was snowing")
    assert tab.evaluate("[...document.querySelectorAll('.card input')].map(input => input.value)") == [
        "On Monday it was snowing",
        "It was snowing on Monday",
    ]
    marks = tab.evaluate("[...document.querySelectorAll('.mark')].map(mark => mark.textContent)")
    said = tab.evaluate(SAID)
    assert marks == ["✓ right" if label == "weather" else "✗ it is weather" for label in said]


def test_data_without_pairs_and_probes_begins_with_a_test_text_in_two_orders(tab: Tab, root: Path) -> None:
    made = tab.evaluate("JSON.parse(document.getElementById('content').textContent)")
    page = root / "own.html"
    page.write_text(render(made | {"examples": [], "movable": [], "swaps": {}}), encoding="utf-8")
    show(tab, page)
    one, other = tab.evaluate("[...document.querySelectorAll('.card input')].map(input => input.value)")
    assert one == made["samples"][0]["text"]
    assert one != other
    assert sorted(one.split()) == sorted(other.split())
    press(tab, "grow", "longer than training")
    assert len(tab.evaluate("document.getElementById('text-a').value").split()) == made["longest"] + 1


def test_orders_of_what_was_typed_are_offered(tab: Tab) -> None:
    offered = tab.evaluate("JSON.parse(document.getElementById('content').textContent)")
    pair = next(iter(offered["swaps"]))
    first, second = pair.split()
    phrase = offered["movable"][0]
    type_in(tab, "text-a", f"{phrase} we saw the {pair}")
    shown = "document.getElementById('text-b').value"
    assert tab.evaluate(shown) == f"{phrase} we saw the {second} {first}"
    press(tab, "moves", "to the end")
    assert tab.evaluate(shown) == f"we saw the {pair} {phrase}"
    press(tab, "moves", "as in A")
    assert tab.evaluate(shown) == f"{phrase} we saw the {pair}"
    press(tab, "moves", "shuffle")
    assert sorted(tab.evaluate(shown).split()) == sorted(f"{phrase} we saw the {pair}".split())
    # Nobody knows what it is: nothing is called right or wrong.
    assert tab.evaluate("document.querySelectorAll('.mark').length") == 0


def test_a_full_stop_stays_at_the_end_whatever_is_moved_or_put_there(tab: Tab) -> None:
    phrase = tab.evaluate("JSON.parse(document.getElementById('content').textContent).movable[0]")
    type_in(tab, "text-a", f"{phrase} it was snowing.")
    press(tab, "moves", "to the end")
    assert tab.evaluate("document.getElementById('text-b').value") == f"it was snowing {phrase} ."
    press(tab, "grow", "add")
    for side in "ab":
        text = tab.evaluate(f"document.getElementById('text-{side}').value")
        assert text.endswith(".")
        assert text.count(".") == 1


def test_words_move_by_arrow_keys_and_by_dragging(tab: Tab) -> None:
    type_in(tab, "text-a", "it was snowing")
    type_in(tab, "text-b", "it was snowing")
    words = "[...document.querySelectorAll('#words-b button')]"
    tab.evaluate(f"{words}[0].focus()")
    tab.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowRight", code="ArrowRight")
    assert tab.evaluate("document.getElementById('text-b').value") == "was it snowing"
    assert tab.evaluate("document.activeElement.textContent") == "it"
    boxes = tab.evaluate(f"{words}.map(word => word.getBoundingClientRect()).map(box => [box.x + 5, box.y + 5])")
    for kind, (x, y) in (("mousePressed", boxes[2]), ("mouseMoved", boxes[0]), ("mouseReleased", boxes[0])):
        tab.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)
    assert tab.evaluate("document.getElementById('text-b').value") == "snowing was it"


def test_beyond_training_the_rule_is_shown_and_chosen(tab: Tab, root: Path) -> None:
    model = of_model(root, "unshared")
    extent = model.classifier.extent
    assert extent is not None
    type_in(tab, "text-a", "it was snowing")
    assert tab.evaluate("document.querySelectorAll('.beyond').length") == 0
    press(tab, "grow", "longer than training")
    text = tab.evaluate("document.getElementById('text-a').value")
    length = len(text.split())
    assert length > extent
    beyond = "document.querySelector('.net .bars').querySelectorAll('.beyond').length"
    assert tab.evaluate(beyond) == length - extent
    assert tab.evaluate("document.querySelectorAll('fieldset').length") == 1  # of the three, one has an extent
    row = f"document.querySelectorAll('.net table')[1].tBodies[0].rows[{length - 1}]"
    shown = f"Number({row}.cells[2].textContent)"
    assert tab.evaluate(shown) == pytest.approx(float(model([text])[0, 0]), abs=0.0001)
    tab.evaluate("document.querySelector('input[value=cycle]').click()")
    model.classifier.beyond = "cycle"
    assert tab.evaluate(shown) == pytest.approx(float(model([text])[0, 0]), abs=0.0001)
    assert tab.evaluate("document.activeElement.value") == "cycle"


def test_what_is_typed_is_text_and_strange_words_are_marked(tab: Tab) -> None:
    type_in(tab, "text-a", "it <img src=x onerror=document.title=1> was <b>snowing</b>")
    assert tab.evaluate("document.querySelectorAll('main img, main li b').length") == 0
    assert tab.evaluate("[...document.querySelectorAll('#words-a .unknown')].map(word => word.textContent)") == [
        "<img",
        "src=x",
        "onerror=document",
        "title=1>",
        "<b>snowing</b>",
    ]
    assert "training never had" in tab.evaluate("document.getElementById('notes').textContent")


def test_the_words_of_training_are_found_and_taken(tab: Tab) -> None:
    vocabulary = tab.evaluate("JSON.parse(document.getElementById('content').textContent).vocabulary")
    listed = "[...document.querySelectorAll('#vocabulary button')].map(word => word.textContent)"
    assert sorted(tab.evaluate(listed)) == sorted(vocabulary)
    type_in(tab, "search", "MILK")
    assert tab.evaluate(listed) == [word for word in sorted(vocabulary) if "milk" in word]
    type_in(tab, "text-a", "i wanted the")
    press(tab, "vocabulary", "milk")
    assert tab.evaluate("document.getElementById('text-a').value") == "i wanted the milk"


def test_only_what_leaves_the_class_as_it_was_leaves_the_answers_judged(tab: Tab) -> None:
    marks = "document.querySelectorAll('.mark').length"
    press(tab, "examples", "On Monday it was snowing")
    press(tab, "grow", "add")
    assert tab.evaluate(marks) == 6
    press(tab, "vocabulary", "milk")
    assert tab.evaluate(marks) == 0


def test_it_can_be_heard_and_reached_by_keys(tab: Tab) -> None:
    nodes = tab.call("Accessibility.getFullAXTree")["nodes"]

    def named(*roles: str) -> list[str]:
        found = [node for node in nodes if node.get("role", {}).get("value") in roles and not node["ignored"]]
        return [node.get("name", {}).get("value", "") for node in found]

    for roles in (("textbox", "searchbox", "slider"), ("button",), ("image", "img"), ("region",)):
        names: list[Any] = named(*roles)
        assert names
        assert all(names), roles
    said = tab.evaluate("document.querySelector('#status[role=status]').textContent")
    for label in tab.evaluate(SAID):
        assert label in said
    # Whatever can be pressed has a place in the order of the Tab key, and the pictures have tables.
    assert tab.evaluate("[...document.querySelectorAll('button, input, summary')].every(one => one.tabIndex >= 0)")
    assert tab.evaluate("document.querySelectorAll('.net table').length") == 3
    assert tab.evaluate("document.querySelectorAll('#steps table').length") == 3


def test_the_path_ends_where_the_slider_says(tab: Tab) -> None:
    type_in(tab, "text-a", "on monday it was snowing")
    points = "document.querySelector('#paths path.a').getAttribute('d').split('L').length"
    assert tab.evaluate(points) == 6  # it begins with nothing read
    type_in(tab, "until", "2")
    assert tab.evaluate(points) == 3
    assert all(
        math.isfinite(value)
        for value in tab.evaluate("[...document.querySelectorAll('#paths circle')].map(one => one.cx.baseVal.value)")
    )
