"""What pydantic finds wrong, in the words of the project's other errors: what it is, and what to give instead."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from timeshare.core.config.spelling import did_you_mean

# By the type of the error: what would be right, filled in with the error's bounds.
_WANTED = {
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "a number above {gt:.10g}",
    "greater_than_equal": "{ge:.10g} or more",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "less_than": "a number below {lt:.10g}",
    "less_than_equal": "{le:.10g} or less",
    "literal_error": "{expected}",
    "model_type": "a mapping",
    "string_too_short": "some text",
    "string_type": "text",
    "too_long": "{max_length} items at most",
    "too_short": "{min_length} item or more",
    "tuple_type": "a list",
    "union_tag_invalid": "one of {expected_tags}",
    # `Name` is the one type with a pattern.
    "string_pattern_mismatch": "a name of up to 64 letters, digits and _, the first not _",
}


def said(details: Sequence[ErrorDetails], meaning: str = "", known: Iterable[str] = ()) -> str:
    """What is wrong with a value, and how to mend it: `is 'four'; give a whole number`.

    Args:
        details: pydantic's errors, all of the one value: one for each of the types that it may have.
        meaning: of the key, where it is missing.
        known: keys that may stand there, where this one may not.
    """
    first = details[0]
    match first["type"]:
        case "missing" if isinstance(first["loc"][-1], int):
            return "this item is missing; add it"
        case "missing" | "union_tag_not_found":
            return "this key is missing; add it" + (f" ({meaning})" if meaning else "")
        case "extra_forbidden":
            return "unknown key; remove it or correct its spelling" + did_you_mean(str(first["loc"][-1]), known)
        case "value_error":
            return first["msg"].removeprefix("Value error, ")
        case "union_tag_invalid":
            given: Any = first["ctx"]["tag"]
        case _:
            given = first["input"]
    return f"is {_as_given(given)}; give {', or '.join(map(_wanted, details))}"


def _wanted(detail: ErrorDetails) -> str:
    known = _WANTED.get(detail["type"])
    return known.format(**detail.get("ctx", {})) if known else f"a value that fits ({detail['msg']})"


def _as_given(value: object) -> str:
    """A value as the file has it, shortened."""
    return json.dumps(value) if value is None or isinstance(value, bool) else f"{value!r:.60}"


def meaning_of(schema: dict[str, Any], keys: Sequence[str | int]) -> str:
    """The description of a key in a JSON schema, or what its entry may be tagged with; empty where it has neither.

    Args:
        schema: with its definitions.
        keys: that lead to it, the tag of an entry of a catalogue among them, as pydantic gives an error's place.
    """
    node = _node_at(schema, keys)
    tags = node.get("discriminator", {}).get("mapping", {})
    return str(node.get("description") or (f"one of {', '.join(tags)}" if tags else ""))


def keys_beside(schema: dict[str, Any], keys: Sequence[str | int]) -> tuple[str, ...]:
    """The keys that may stand where one does, by a JSON schema."""
    return tuple(_resolved(schema, _node_at(schema, keys[:-1])).get("properties", ()))


def _node_at(schema: dict[str, Any], keys: Sequence[str | int]) -> dict[str, Any]:
    node: dict[str, Any] = schema
    for key in keys:
        node = _resolved(schema, node)
        if key in node.get("properties", {}):
            node = node["properties"][key]
        elif key in node.get("discriminator", {}).get("mapping", {}):
            node = {"$ref": node["discriminator"]["mapping"][key]}
        else:
            node = next(iter(node.get("patternProperties", {}).values()), {})
    return node


def _resolved(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    return schema["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
