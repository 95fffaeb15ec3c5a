"""report/playground.html: nets that run in the page, which holds all that it needs and asks the network for nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from timeshare.report.html import integrity, templates
from timeshare.report.style import css_variables

_TEMPLATES = Path(__file__).parent / "templates"
# One script, in this order: a part runs with what those before it have defined.
_SCRIPTS = tuple(f"{part}.js" for part in ("net", "content", "orders", "answers", "pictures", "playground"))


def render(content: Mapping[str, Any] | None, missing: str = "") -> str:
    """The page as text; equal content gives equal text.

    Args:
        content: what the nets are and what they may be given to read; None: there is no net.
        missing: why there is none.
    """
    script = "\n".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    return (
        templates(_TEMPLATES)
        .get_template("playground.html")
        .render(
            content=content,
            missing=missing,
            themes={theme: css_variables(theme) for theme in ("light", "dark")},
            style=Markup((_TEMPLATES / "playground.css").read_text(encoding="utf-8")),
            script=Markup(script),
            script_hash=integrity(script),
        )
    )
