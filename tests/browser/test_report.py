"""The report in a browser: figures draw, nothing is fetched, nothing complains, nothing sticks out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import MARKS, SCREENSHOTS, Tab
from tests.report.fixture import DATASETS, MODELS, STUDIES, make_params, write_tree
from timeshare.pipeline.report import build

DRAWN = "document.documentElement?.dataset.figures === 'done'"
OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true; })"
ALL_DRAWN = """[...document.querySelectorAll("[data-figure]")].every(place => place.dataset.state === "drawn")"""

pytestmark = MARKS


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    params = make_params(tuple(DATASETS), tuple(MODELS), studies=tuple(STUDIES), resamples=200)
    write_tree(root, params)
    build(params, root, root)
    return root / "index.html"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with Tab.open(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(params=[(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")], ids=lambda p: f"{p[0]}-{p[1]}")
def shown(request: pytest.FixtureRequest, tab: Tab, page: Path) -> Tab:
    """The page at a width under a colour scheme, with all that is folded open and its figures drawn."""
    width, theme = request.param
    tab.events.clear()
    tab.show(page, width, 844, theme)
    tab.wait_for(DRAWN)
    tab.screenshot(SCREENSHOTS / f"report-{width}-{theme}.png")
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    tab.evaluate(OPEN_ALL)
    tab.wait_for(ALL_DRAWN)
    return tab


def test_every_figure_draws_marks_and_nothing_goes_wrong(shown: Tab) -> None:
    figures = shown.evaluate(
        """[...document.querySelectorAll("[data-figure]")].map(place => ({
             name: place.dataset.figure,
             state: place.dataset.state,
             marks: place.querySelectorAll("svg .mark-symbol path, svg .mark-rect path, svg .mark-line path").length,
             right: place.getBoundingClientRect().right,
             width: place.querySelector("svg").getBoundingClientRect().width,
             place: place.clientWidth}))"""
    )
    assert len(figures) >= 30
    for figure in figures:
        assert figure["state"] == "drawn", figure
        assert figure["marks"] >= 2, figure
        assert figure["width"] <= figure["place"] + 1, figure
    assert shown.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    complaints = [
        event
        for event in shown.events
        if event["method"] in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
    ]
    assert complaints == []
    requests = [
        event["params"]["request"]["url"] for event in shown.events if event["method"] == "Network.requestWillBeSent"
    ]
    assert [url.partition(":")[0] for url in requests if not url.startswith("data:")] == ["file"]


@pytest.mark.parametrize(("width", "most"), [(1400, 16_800), (390, 29_600)], ids=["projector", "phone"])
def test_the_page_is_short_and_its_first_screen_has_the_story(tab: Tab, page: Path, width: int, most: int) -> None:
    tab.show(page, width, 1000, "light")
    tab.wait_for(DRAWN)
    assert tab.evaluate("document.documentElement.scrollHeight") <= most
    seen = """[...document.querySelectorAll("#story .weights, #story .bars, #story [data-state=drawn]")]
        .filter(each => each.getBoundingClientRect().top < 1000).length"""
    assert tab.evaluate(seen) >= (8 if width > 1000 else 5)


def test_what_scrolls_shows_it_and_the_tables_of_datasets_need_not(tab: Tab, page: Path) -> None:
    hidden = """[...document.querySelectorAll(%r)].filter(box => box.scrollWidth > box.clientWidth)"""
    for width in (1280, 390):
        tab.show(page, width, 844, "light")
        tab.wait_for(DRAWN)
        assert tab.evaluate(f"{hidden % '[id^=dataset-] > .table'}.length") == 0, width
    tab.evaluate(OPEN_ALL)
    # Covers that move with the content, over shadows that stay.
    attached = tab.evaluate(f"{hidden % 'details .table'}.map(box => getComputedStyle(box).backgroundAttachment)")
    assert attached
    assert all({"local", "scroll"} <= set(one.split(", ")) for one in attached)


def test_what_a_figure_draws_is_named_beside_it(tab: Tab, page: Path) -> None:
    tab.show(page, 390, 844, "light")
    tab.wait_for(DRAWN)
    tab.evaluate(OPEN_ALL)
    keys = tab.evaluate(
        """[...document.querySelectorAll("figure")].map(figure => [...figure.querySelectorAll(".key button")]
             .map(button => [button.dataset.model, button.getBoundingClientRect().right])).filter(key => key.length)"""
    )
    assert len(keys) >= 10
    assert all(right <= 390 for key in keys for _, right in key)
    assert all("shared" in [name for name, _ in key] for key in keys)


def test_a_picked_model_stands_out_everywhere(tab: Tab, page: Path) -> None:
    tab.show(page, 1280, 844, "light")
    tab.wait_for(DRAWN)
    tab.evaluate(OPEN_ALL)
    tab.wait_for(ALL_DRAWN)
    count_faint = """[...document.querySelectorAll("[data-figure] svg .mark-symbol path")]
        .filter(mark => Number(mark.getAttribute("opacity") ?? 1) < 0.2).length"""
    assert tab.evaluate(count_faint) == 0
    tab.evaluate("document.querySelector('[data-model=\"unshared\"]').click()")
    tab.wait_for(f"{count_faint} > 20")
    assert tab.evaluate("document.querySelector('[aria-pressed=\"true\"]').dataset.model") == "unshared"
    tab.evaluate("document.querySelector('[data-model=\"unshared\"]').click()")
    tab.wait_for(f"{count_faint} === 0")


def test_figures_follow_the_colour_scheme(tab: Tab, page: Path) -> None:
    tab.show(page, 1280, 844, "light")
    tab.wait_for(DRAWN)
    first_line = "document.querySelector('[data-figure] svg .mark-line path[stroke]').getAttribute('stroke')"
    light = tab.evaluate(first_line)
    tab.use_theme("dark")
    tab.wait_for(f"{first_line} !== {light!r}")


def test_a_choice_changes_what_a_figure_shows(tab: Tab, page: Path) -> None:
    tab.show(page, 1280, 844, "light")
    tab.wait_for(DRAWN)
    tab.evaluate(OPEN_ALL)
    tab.wait_for(ALL_DRAWN)
    first_mark = "document.querySelector('[data-figure=\"curves-parity\"] .mark-line path').getAttribute('d')"
    accuracy = tab.evaluate(first_mark)
    tab.evaluate('document.querySelector(\'[data-figure="curves-parity"] input[value="train_loss"]\').click()')
    tab.wait_for(f"{first_mark} !== {accuracy!r}")


def test_without_script_the_numbers_remain(tab: Tab, page: Path) -> None:
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        tab.show(page, 390, 844, "light")
        tab.wait_for("document.readyState === 'complete'")
        assert tab.evaluate("document.querySelectorAll('table').length") > 20
        assert "need JavaScript" in tab.evaluate("document.body.innerText")
    finally:
        tab.call("Emulation.setScriptExecutionDisabled", value=False)
