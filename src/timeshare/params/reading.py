"""params.yaml, read and checked as a whole: a mistake anywhere in it stops every stage."""

import json
import math
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from timeshare.core.config.errors import UserError
from timeshare.core.config.mistakes import keys_beside, meaning_of, said
from timeshare.core.numerals import read_numbers_as_dvc
from timeshare.params.params import Params

# Sections that earlier versions called otherwise.
_RENAMED = {"train": "training"}


class _StrictLoader(yaml.SafeLoader):
    """YAML that refuses a key given twice, of which the plain loader silently keeps the last, and what DVC refuses."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        _refuse_bare_colons(node, [scalar for pair in node.value for scalar in pair])
        self.flatten_mapping(node)
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for place, key in enumerate(keys):
            first = keys.index(key)
            if first < place:
                lines = " and ".join(str(node.value[one][0].start_mark.line + 1) for one in (first, place))
                raise ValueError(f"key '{key}' is given twice, on lines {lines}; move what the second has to the first")
        return super().construct_mapping(node, deep=deep)

    def construct_sequence(self, node: yaml.SequenceNode, deep: bool = False) -> list[Any]:
        _refuse_bare_colons(node, node.value)
        return super().construct_sequence(node, deep=deep)


def _refuse_bare_colons(node: yaml.CollectionNode, items: Iterable[yaml.Node]) -> None:
    """Refuse a value such as sqlite:///x between braces or brackets: DVC says of it only that YAML is corrupted."""
    for item in items if node.flow_style else ():
        if isinstance(item, yaml.ScalarNode) and item.style is None and ":" in item.value:
            where = f"line {item.start_mark.line + 1}: {item.value:.60}"
            raise ValueError(f"{where} has a colon; put it in quotes, or write it as `key: value` on a line of its own")


read_numbers_as_dvc(_StrictLoader)


def load_params(path: Path = Path("params.yaml")) -> Params:
    """Read and check params.yaml.

    Args:
        path: the file.
    Returns:
        The checked settings.
    Raises:
        UserError: the file is missing, is no YAML, or holds an unknown, missing, ill-typed or impossible key; the
            message is one line that names the key's path.
    """
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506 - a SafeLoader
        content = _plain(loaded, path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run the command in the project's folder") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}; give access to it") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: is no UTF-8 text; save it as UTF-8") from None
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{path}: is no valid YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise UserError(f"{path}: is nested too deeply, or holds itself by an alias; write it flat") from None
    if not isinstance(content, dict):
        what = "is empty" if content is None else f"is no mapping of keys to values: {content!r:.60}"
        raise UserError(f"{path}: {what}; write the sections that docs/params.md names")
    for old, new in _RENAMED.items():
        if old in content:
            raise UserError(f"{path}: {old}: is called `{new}` now; rename it")
    try:
        # Through JSON: strict mode then takes a YAML list for a tuple and a whole number for a float, nothing else.
        return Params.model_validate_json(json.dumps(content))
    except ValidationError as error:
        raise UserError(f"{path}: {_first_error(error, content)}") from None


def _plain(value: Any, path: Path, *keys: str) -> Any:
    """The value at these keys itself, once it is known to hold nothing that JSON has no form for."""
    where = f"{path}: {'.'.join(keys)}" if keys else str(path)
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise UserError(f"{where}: the key {key!r} is no text; put it in quotes")
            _plain(key, path, *keys)
        return {key: _plain(item, path, *keys, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, path, *keys, str(place)) for place, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{where}: is {value}; give a finite number")
    if isinstance(value, str) and not value.isascii() and any(map(_is_surrogate, value)):
        raise UserError(f"{where}: holds half of a surrogate pair; write the character whole")
    if value is not None and not isinstance(value, bool | int | float | str):
        raise UserError(f"{where}: is neither number, text, list nor mapping: {value!r}; put it in quotes")
    return value


def _is_surrogate(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


def _first_error(error: ValidationError, content: Any) -> str:
    """One line: the path of the first wrong key, what is wrong, and how many more there are."""
    details = error.errors(include_url=False)
    places = [_place(detail, content) for detail in details]
    # A value that none of several types fits has an error for each; the one furthest in is of the type that was meant.
    start = places[0]
    place = max((place for place in places if place[: len(start)] == start), key=len)
    found = [detail for detail, where in zip(details, places, strict=True) if where == place]
    schema, keys = Params.model_json_schema(), found[0]["loc"]
    message = said(found, meaning_of(schema, keys), keys_beside(schema, keys))
    more = len({where for where in places if where != place[: len(where)]})
    return ".".join(place) + (": " if place else "") + message + (f" (and {more} more)" if more else "")


def _place(detail: ErrorDetails, content: Any) -> tuple[str, ...]:
    """The keys that lead to an error in the file; pydantic names the chosen type of a union among them."""
    keys = []
    for part in detail["loc"]:
        if part in (content if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ()):
            content = content[part]
            keys.append(str(part))
    if detail["type"] == "missing":
        keys.append(str(detail["loc"][-1]))
    if detail["type"] in ("union_tag_not_found", "union_tag_invalid"):
        keys.append(detail["ctx"]["discriminator"].strip("'"))
    return tuple(keys)
