"""`timeshare check`: hold a trained model against a suite of expectations, for people and for a CI job."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from timeshare.core.artifacts import whole_file, write_json
from timeshare.core.config.errors import UserError, without_controls
from timeshare.evaluate.judging import Outcome, as_json, judge, pass_counts
from timeshare.evaluate.suites import load_suite
from timeshare.report.html import templates
from timeshare.report.statistics import proportion_interval
from timeshare.tools.predict import find_classifier

CONFIDENCE = 0.95
_TEMPLATES = Path(__file__).parent / "templates"
# Characters that no XML document may hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Verdict:
    """What came of checking a model.

    Attributes:
        model: as it was named.
        suite: the suite's file.
        min_pass: the bar, a share of the cases that are judged.
        outcomes: of all cases.
    """

    model: str
    suite: str
    min_pass: float
    outcomes: Sequence[Outcome]

    @property
    def counts(self) -> tuple[int, int]:
        """(passed, judged)."""
        return pass_counts(self.outcomes)

    @property
    def rate(self) -> float:
        """The share of the judged cases that pass."""
        passed, judged = self.counts
        return passed / judged

    @property
    def interval(self) -> tuple[float, float]:
        """The Wilson interval of the rate, at `CONFIDENCE`."""
        return proportion_interval(*self.counts, CONFIDENCE)

    @property
    def reached(self) -> bool:
        """Whether the rate is at the bar or over it."""
        return self.rate >= self.min_pass

    def __str__(self) -> str:
        (passed, judged), (low, high) = self.counts, self.interval
        observed = len(self.outcomes) - judged
        return (
            f"{passed} of {judged} cases pass: {100 * self.rate:.1f} % "
            f"({100 * CONFIDENCE:.0f} % interval {100 * low:.1f} to {100 * high:.1f})"
            + (f"; {observed} more have nothing to judge" if observed else "")
        )


def main(
    model: str, suite: str, min_pass: float, json: str | None = None, junit: str | None = None, html: str | None = None
) -> int:
    """Print the failing cases and the share that passes.

    Args:
        model: as `timeshare predict` takes it.
        suite: a file of cases (docs/evaluation.md).
        min_pass: the bar, a share of the cases that are judged.
        json: a file to write the outcome to.
        junit: likewise, as JUnit XML.
        html: likewise, as a page.
    Returns:
        0, or 1 if fewer cases pass than the bar asks for.
    Raises:
        UserError: the model or the suite cannot be read, or do not fit each other; or the suite has nothing to judge.
    """
    if not 0.0 <= min_pass <= 1.0:
        raise UserError(f"--min-pass: is {min_pass}; give a share from 0 to 1")
    classifier = find_classifier(model)
    outcomes = judge(load_suite(Path(suite), classifier), classifier)
    verdict = Verdict(model, suite, min_pass, outcomes)
    if verdict.counts[1] == 0:
        raise UserError(f"{suite}: has only cases of 'states', of which none can pass or fail; add others")
    for outcome in outcomes:
        if outcome.failure:
            what = f"{outcome.case.group} ({outcome.case.expect}): {outcome.failure}"
            print(without_controls(f"FAIL {suite}:{outcome.line} {what}"))
    print(verdict)
    if json is not None:
        write_json(Path(json), as_record(verdict))
    if junit is not None:
        write_junit(Path(junit), verdict)
    if html is not None:
        write_page(Path(html), verdict)
    if not verdict.reached:
        print(f"under the bar of {100 * min_pass:g} %")
    return 0 if verdict.reached else 1


def as_record(verdict: Verdict) -> dict[str, object]:
    """The outcome as JSON has it."""
    low, high = verdict.interval
    return {
        "model": verdict.model,
        "suite": verdict.suite,
        "min_pass": verdict.min_pass,
        "reached": verdict.reached,
        "rate": verdict.rate,
        "low": low,
        "high": high,
        "confidence": CONFIDENCE,
        **as_json(verdict.outcomes),
    }


def write_junit(path: Path, verdict: Verdict) -> None:
    """Write JUnit XML: a test case for each case of the suite, skipped where there is nothing to judge."""
    passed, judged = verdict.counts
    counts = {
        "tests": str(len(verdict.outcomes)),
        "failures": str(judged - passed),
        "errors": "0",
        "skipped": str(len(verdict.outcomes) - judged),
    }
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", {"name": _for_xml(verdict.suite), **counts})
    for outcome in verdict.outcomes:
        names = {"classname": f"{Path(verdict.suite).stem}.{outcome.case.expect}", "name": outcome.case.group}
        case = ElementTree.SubElement(suite, "testcase", {key: _for_xml(name) for key, name in names.items()})
        if not outcome.judged:
            ElementTree.SubElement(case, "skipped")
        elif outcome.failure:
            failure = ElementTree.SubElement(case, "failure", {"message": _for_xml(outcome.failure)})
            failure.text = _for_xml(f"{verdict.suite}:{outcome.line}\n{outcome.failure}")
    ElementTree.indent(root)
    with whole_file(path) as scratch:
        ElementTree.ElementTree(root).write(scratch, encoding="utf-8", xml_declaration=True)


def write_page(path: Path, verdict: Verdict) -> None:
    """Write a page that needs no other file; all text of the suite is escaped."""
    failing_first = sorted(verdict.outcomes, key=lambda outcome: not outcome.failure)
    page = templates(_TEMPLATES).get_template("check.html").render(verdict=verdict, outcomes=failing_first)
    with whole_file(path) as scratch:
        scratch.write_text(page + "\n", encoding="utf-8")


def _for_xml(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
