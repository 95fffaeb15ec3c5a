"""The page: one HTML file with its style, its scripts and its figures inside, that asks the network for nothing."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from markupsafe import Markup, escape

from timeshare.core.prepared.layout import SPLITS
from timeshare.report.answer import Section
from timeshare.report.calibration import calibration_figure, calibration_table
from timeshare.report.classes import Classifiers
from timeshare.report.drawing import Figure
from timeshare.report.figures.curves import curves_figure
from timeshare.report.html import integrity, templates
from timeshare.report.notices import Notice, notices, tuned_as, tuned_line
from timeshare.report.results import Results
from timeshare.report.story.example import example
from timeshare.report.story.findings import Finding, findings
from timeshare.report.story.models import describe, draw
from timeshare.report.style import chart_config, css_variables, model_style
from timeshare.report.tables import (
    all_metrics_table,
    comparison_table,
    examples_table,
    main_metrics_table,
    meanings,
    seeds_table,
)
from timeshare.report.wording import count, percent, plural

_TEMPLATES = Path(__file__).parent / "templates"
_INTERVAL = re.compile(r" \[[-+\u2212\d.,\s]+\]")
_QUOTED = re.compile("`([^`]+)`")


def render(results: Results, sections: Mapping[str, Section]) -> str:
    """The page of a run with its questions and answers, by id, as text; equal results give equal text."""
    environment = templates(_TEMPLATES)
    styles = {name: model_style(index) for index, name in enumerate(results.models)}

    def names(sentence: str) -> Markup:
        """Escape a sentence and mark the names in its backticks, a model's with its colour."""

        def mark(match: re.Match[str]) -> str:
            name = match[1]  # escaped before it was found
            style = styles.get(name)
            return f'<span class="model colour-{style.colour}">{name}</span>' if style else f"<code>{name}</code>"

        return Markup(_QUOTED.sub(mark, str(escape(sentence))))

    environment.filters |= {"names": names, "brief": brief, "count": count, "plural": plural}
    script = _script()
    found = findings(results)
    cast = {name: (describe(model), draw(model)) for name in styles for model in [results.params.model(name)]}
    answered = {id: one for id, one in sections.items() if one.answer.measured or one.answer.figures}
    content = {
        "results": results,
        "styles": styles,
        # The page of the stage `playground`, beside this one.
        "playground": "" if results.params.report.playground is None else "playground.html",
        "cast": cast,
        "has_dots": not all(drawing.levels for _, drawing in cast.values()),
        "example": example(results),
        "findings": found,
        "picture": _picture(found, answered.values()),
        "answered": {
            "Answers": {id: one for id, one in answered.items() if not one.built_in},
            "Answers from studies on built-in data, not on yours": {
                id: one for id, one in answered.items() if one.built_in
            },
        },
        "unanswered": {id: one for id, one in sections.items() if id not in answered},
        "datasets": {name: _dataset(results, name) for name in results.datasets},
        "notices": _by_dataset(results),
        "tuned": tuned_line(results),
        "settings": _settings(results),
        "themes": {theme: css_variables(theme) for theme in ("light", "dark")},
        "configs": {theme: chart_config(theme, results.models) for theme in ("light", "dark")},
        "style": Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8")),
        "script": Markup(script),
        "script_hash": integrity(script),
    }
    return environment.get_template("page.html").render(content)


def brief(sentence: str) -> str:
    """A sentence without its intervals, which stand in square brackets."""
    return _INTERVAL.sub("", sentence)


@cache
def _script() -> str:
    """Vega and the page's own script; bundling them takes longer than all the rest of a small page."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle((_TEMPLATES / "page.js").read_text(encoding="utf-8"))
    return bundle


def _picture(found: Iterable[Finding], sections: Iterable[Section]) -> Figure | None:
    """The figure that shows most of the first finding that has one."""
    figures = {figure.id: figure for section in sections for figure in section.answer.figures}
    return next((figures[finding.figure] for finding in found if finding.figure in figures), None)


def _by_dataset(results: Results) -> dict[str, list[Notice]]:
    """The warnings of each dataset that has any; those of all under an empty name."""
    by_dataset: dict[str, list[Notice]] = {}
    for notice in notices(results):
        by_dataset.setdefault(notice.dataset, []).append(notice)
    return by_dataset


def _dataset(results: Results, name: str) -> dict[str, Any]:
    content, classifiers = results.datasets[name], Classifiers(results, name)
    used = content.meta["layout"]
    baseline = results.baseline
    return {
        "facts": [
            f"source {results.params.datasets[name].source}",
            f"{len(content.classes)} classes",
            *(f"{count(content.rows(split))} {split}" for split in ("train", "valid", "test", "probes")),
            f"training texts of up to {plural(content.longest_train, 'token')}",
            *(
                f"{share:.1%} of the words of {split} unseen in training"
                for split, share in _unseen(content.meta)
                if share
            ),
            tuned_as(results, name),
            f"layout {used}, {percent(float(content.meta['waste'][used]))} padding",
        ],
        "metrics": main_metrics_table(results, name),
        "meanings": meanings(results, name),
        "figures": {
            "Which labels are confused": (classifiers.confusion(), None),
            "Precision and recall of each label": (None, classifiers.by_class()),
            "Calibration: how far a probability can be believed": (
                calibration_figure(results, name, classifiers.answers),
                calibration_table(results, name, classifiers.answers),
            ),
            "Learning curves": (curves_figure(results, name), None),
        },
        "misread": classifiers.misread(),
        "folded": {
            "All metrics": all_metrics_table(results, name),
            f"Differences from {baseline}, tested": comparison_table(results, name, baseline) if baseline else None,
            "Every metric and every seed": seeds_table(results, name),
            "Intervals within a seed": examples_table(results, name),
        },
    }


def _unseen(meta: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The share of the words of valid and test that no training text has."""
    shares = meta.get("unseen", {})
    return ((split, shares[split]) for split in SPLITS if split in shares)


def _settings(results: Results) -> dict[str, str]:
    """The sections of params.yaml as they were given, of the catalogues just the members of the run.

    Where runs are tracked makes no figure of the page, and may name a host.
    """
    given = results.params.model_dump(mode="json", exclude_unset=True, exclude={"tracking"})
    for section in ("datasets", "models", "studies"):
        members = getattr(results.params.run, section)
        given[section] = {name: given[section][name] for name in members}
    return {
        section: yaml.safe_dump({section: value}, sort_keys=False, allow_unicode=True, width=100)
        for section, value in given.items()
        if value
    }
