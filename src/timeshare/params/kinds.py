"""What a key of params.yaml may hold, in words, from its JSON schema: `2 whole numbers, each 0 or more`."""

from typing import Any

from timeshare.core.config.base import MOST, NAME
from timeshare.core.config.external import ADDRESS
from timeshare.core.prepared.tokenisers import BY_PATTERN

_NOUNS = {"integer": "whole number", "number": "number", "string": "text"}
_NOUNS_OF_PATTERNS = {NAME: "name", ADDRESS: "module:NAME", f"^{BY_PATTERN}.": f"`{BY_PATTERN}PATTERN`"}


def kind_of(field: dict[str, Any], *, many: bool = False) -> str:
    """A field's kind.

    Args:
        field: its JSON schema.
        many: say it of several, as the items of a list.
    """
    kind = field.get("type")
    if "$ref" in field or "discriminator" in field or kind == "object":
        said = "mapping"
        if "$ref" in field and target_of(field).endswith("Overrides"):
            said += " of the keys of the common section"
    elif "anyOf" in field:
        options = [kind_of(option, many=many) for option in field["anyOf"]]
        said = (", or " if any(" " in option for option in options[:-1]) else " or ").join(options)
    elif "const" in field or "enum" in field:
        said = _choice([f"`{value}`" for value in field.get("enum", [field.get("const")])], many=many)
    elif "prefixItems" in field:
        said = f"{len(field['prefixItems'])} {kind_of(field['prefixItems'][0], many=True)}"
    elif kind == "array":
        said = f"list of {kind_of(field['items'], many=True)}"
    elif kind in _NOUNS:
        said = _with_limits(_NOUNS_OF_PATTERNS.get(field.get("pattern", ""), _NOUNS[kind]), field, many)
    else:
        said = {"boolean": "true or false"}.get(kind or "", "null")
    return said


def target_of(field: dict[str, Any]) -> str:
    """The name of the definition that a field refers to."""
    return str(field["$ref"].rpartition("/")[2])


def _choice(values: list[str], *, many: bool) -> str:
    if many:
        return f"any of {', '.join(values)}"
    return " or ".join(filter(None, (", ".join(values[:-1]), values[-1])))


def _with_limits(noun: str, field: dict[str, Any], many: bool) -> str:
    limits = _limits(field)
    if many:
        return f"{noun}s, each {limits}" if limits else f"{noun}s"
    # "number above 0", but "number, 0 or more".
    return noun + ("" if not limits else f", {limits}" if limits[0].isdigit() else f" {limits}")


def _limits(field: dict[str, Any]) -> str:
    """`0 or more`, `from 0 to 1`, `above 0 and below 1`; the limit that every number has goes unsaid."""
    least, above = field.get("minimum"), field.get("exclusiveMinimum")
    most, below = field.get("maximum"), field.get("exclusiveMaximum")
    if most == MOST:
        most = None
    if least is not None and most is not None:
        return f"from {least:g} to {most:g}"
    if least is not None and below is not None:
        return f"from {least:g} to below {below:g}"
    if least is not None:
        return f"{least:g} or more"
    parts = [
        f"{word} {limit:g}"
        for word, limit in (("above", above), ("below", below), ("at most", most))
        if limit is not None
    ]
    return " and ".join(parts)
