"""The page of `timeshare check` on a phone: long names wrap, and the table scrolls in its own box."""

from pathlib import Path

import pytest

from tests.browser.chromium import MARKS, Tab
from timeshare.evaluate.judging import Outcome
from timeshare.evaluate.suites import Case
from timeshare.tools.check import Verdict, write_page

LONG = "a_name_without_any_space_" * 4

pytestmark = MARKS


def test_long_names_stick_out_nowhere(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    case = Case(group=LONG, expect="same", texts=(LONG, LONG))
    outcome = Outcome(1, case, ("a", "b"), "a", (0.9, 0.4), f"{LONG} is a, but {LONG} is b")
    page = tmp_path / "check.html"
    write_page(page, Verdict(LONG, LONG, 1.0, [outcome]))
    with Tab.open(tmp_path_factory.mktemp("profile")) as tab:
        tab.show(page, 390, 844, "light")
        tab.wait_for("document.readyState === 'complete' && document.querySelector('td') !== null")
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert tab.evaluate("window.innerWidth") == 390  # a page that is wider would be shown smaller
        box, cells = tab.evaluate(
            """(() => { const box = document.querySelector(".wide"), widths = [...document.querySelectorAll("td")];
               return [box.scrollWidth > box.clientWidth, widths.map(cell => cell.clientWidth)]; })()"""
        )
        assert box
        assert min(cells[1:]) > 100  # a column is not the width of a letter
