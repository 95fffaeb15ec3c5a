"""What editors and people read of the settings: docs/params.schema.json and docs/params.md, both generated."""

import json
import sys
from pathlib import Path
from typing import Any

from timeshare.params.kinds import kind_of, target_of
from timeshare.params.params import Params

_HEAD = """# Every key of params.yaml

`make schema` generates this page and params.schema.json from the typed settings. Editors that know JSON schema use the
latter to complete and check params.yaml. A key that has a default may be left out.
"""


def schema() -> dict[str, Any]:
    """The JSON schema of params.yaml."""
    return Params.model_json_schema()


def reference(schema: dict[str, Any]) -> str:
    """The schema as Markdown: a table for each section and each kind of catalogue entry."""
    parts = [_HEAD]
    for name, definition in _sections(schema):
        parts.append(f"\n## {name}\n\n{definition.get('description', '').strip()}\n")
        parts.append("\n| key | type | default | meaning |\n| --- | --- | --- | --- |\n")
        required = definition.get("required", [])
        for key, field in definition["properties"].items():
            default = "required" if key in required else f"`{json.dumps(field.get('default'))}`"
            if "$ref" in field and key not in required:
                default = "none of its own"
            parts.append(f"| `{key}` | {kind_of(field)} | {default} | {field.get('description', '')} |\n")
    return "".join(parts)


def write(folder: Path) -> None:
    """Write both files into `folder`."""
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")


def files() -> dict[str, str]:
    """File name -> content, as they stand in docs/ when in step."""
    content = schema()
    return {"params.schema.json": json.dumps(content, indent=2) + "\n", "params.md": reference(content)}


def _sections(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(heading, definition) for each section and each kind of catalogue entry, in the order of params.yaml."""
    definitions = schema["$defs"]
    found = []
    for key, field in schema["properties"].items():
        if "$ref" in field:
            found.append((f"`{key}`", definitions[target_of(field)]))
            continue
        (entry,) = field["patternProperties"].values()
        union = entry["discriminator"]
        tags_of: dict[str, list[str]] = {}
        for tag, target in union["mapping"].items():
            tags_of.setdefault(target.rpartition("/")[2], []).append(tag)
        for target, tags in tags_of.items():
            chosen = " or ".join(f"`{union['propertyName']}: {tag}`" for tag in tags)
            found.append((f"`{key}`, {chosen}", definitions[target]))
    return found


if __name__ == "__main__":
    write(Path(sys.argv[1]))
