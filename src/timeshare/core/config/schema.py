"""What editors and people read of the settings: docs/params.schema.json and docs/params.md, both generated."""

import json
import sys
from pathlib import Path
from typing import Any

from timeshare.core.config.params import Params

_HEAD = """# Every key of params.yaml

Generated from the typed settings (`make schema`); editors that know JSON schema complete and check params.yaml by
params.schema.json. A key with a default may be left out.
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
            parts.append(f"| `{key}` | {_type(field)} | {default} | {field.get('description', '')} |\n")
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
            found.append((f"`{key}`", definitions[_target(field)]))
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


def _target(field: dict[str, Any]) -> str:
    return str(field["$ref"].rpartition("/")[2])


def _type(field: dict[str, Any]) -> str:
    """A field's type in words."""
    if "$ref" in field or "discriminator" in field or field.get("type") == "object":
        overrides = "$ref" in field and _target(field).endswith("Overrides")
        return "mapping (the keys of the common section)" if overrides else "mapping"
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "anyOf" in field:
        return " or ".join(_type(option) for option in field["anyOf"])
    if field.get("type") == "array":
        items = field.get("prefixItems")
        return f"list of {len(items)} {_type(items[0])}s" if items else f"list of {_type(field['items'])}"
    bounds = [
        f"{sign} {field[key]:g}"
        for key, sign in (
            ("minimum", "≥"),
            ("exclusiveMinimum", ">"),
            ("maximum", "≤"),
            ("exclusiveMaximum", "<"),
        )
        if key in field and abs(field[key]) < 1e9
    ]
    kind = {"integer": "whole number", "number": "number", "boolean": "true or false", "string": "text"}
    return f"{kind.get(field.get('type', ''), 'null')}{' ' + ', '.join(bounds) if bounds else ''}"


if __name__ == "__main__":
    write(Path(sys.argv[1]))
