"""report/playground.html: nets that run in the page, which holds all that it needs and asks the network for nothing."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

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
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # In the page it stands inside <script>: `tojson` writes <, >, & and ' by their numbers.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "separators": (",", ":")}
    script = "\n".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    digest = hashlib.sha256(script.encode()).digest()
    return environment.get_template("playground.html").render(
        content=content,
        missing=missing,
        themes={theme: css_variables(theme) for theme in ("light", "dark")},
        style=Markup((_TEMPLATES / "playground.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_hash="sha256-" + base64.b64encode(digest).decode("ascii"),
    )
