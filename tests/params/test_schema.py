"""The generated files stand in docs/ as the settings would generate them now."""

from pathlib import Path

import pytest

from timeshare.params import schema


@pytest.mark.parametrize("name", ["params.schema.json", "params.md"])
def test_generated_file_is_in_step(name: str) -> None:
    assert (Path("docs") / name).read_text(encoding="utf-8") == schema.files()[name], "run `make schema`"


def test_every_key_has_a_meaning() -> None:
    content = schema.schema()
    for owner, definition in {"params.yaml": content, **content["$defs"]}.items():
        for key, field in definition["properties"].items():
            meaning = field.get("description", "")
            assert meaning.strip(), f"{owner}: give {key} a description"
            assert not set("|\n") & set(meaning), f"{owner}: the meaning of {key} would break its row of docs/params.md"


def test_the_tables_are_whole() -> None:
    rows = [line for line in schema.files()["params.md"].splitlines() if line.startswith("|")]
    assert len(rows) > 200
    for row in rows:
        assert len(cells := row.split(" | ")) == 4, row
        assert all(cell.strip("| ") for cell in cells), row


def test_schema_refuses_unknown_keys_everywhere() -> None:
    objects = [item for item in schema.schema()["$defs"].values() if item.get("type") == "object"]
    assert objects
    assert all(item["additionalProperties"] is False for item in objects)
