"""The generated files stand in docs/ as the settings would generate them now."""

from pathlib import Path

import pytest

from timeshare.core.config import schema


@pytest.mark.parametrize("name", ["params.schema.json", "params.md"])
def test_generated_file_is_in_step(name: str) -> None:
    assert (Path("docs") / name).read_text(encoding="utf-8") == schema.files()[name], "run `make schema`"


def test_schema_refuses_unknown_keys_everywhere() -> None:
    objects = [item for item in schema.schema()["$defs"].values() if item.get("type") == "object"]
    assert objects
    assert all(item["additionalProperties"] is False for item in objects)
