"""Outputs are whole or absent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from timeshare.core.artifacts import digest, read_json, whole_directory, whole_entries, whole_file, write_json
from timeshare.core.config.errors import UserError


def test_a_folder_appears_only_when_the_block_ends_well(tmp_path: Path) -> None:
    target = tmp_path / "out" / "folder"
    with whole_directory(target) as folder:
        (folder / "a.txt").write_text("a")
        assert not target.exists()
    assert (target / "a.txt").read_text() == "a"


def test_a_failed_block_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    with whole_directory(target) as folder:
        (folder / "old").touch()
    with pytest.raises(FileNotFoundError), whole_directory(target) as folder:
        (folder / "no such place" / "new").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "old"]


def test_entries_take_their_places_and_what_else_is_there_stays(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    for round in ("old", "new"):
        with whole_entries(target) as folder:
            (folder / "file").write_text(round)
            (folder / "inner").mkdir()
            (folder / "inner" / round).touch()
        (target / "another's").touch()
    with pytest.raises(FileNotFoundError), whole_entries(target) as folder:
        (folder / "no such place" / "new").touch()
    assert (target / "file").read_text() == "new"
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == [
        "folder", "folder/another's", "folder/file", "folder/inner", "folder/inner/new"
    ]  # fmt: skip


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    with pytest.raises(TypeError), whole_file(target) as scratch:
        scratch.write_text("new", None, None, None, None)  # type: ignore[call-arg]
    assert target.read_text() == "old"
    with whole_file(target) as scratch:
        scratch.write_text("new")
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_leftovers_of_a_killed_process_go_with_the_next_try(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    code = (
        "import os, sys; from pathlib import Path; from timeshare.core.artifacts import whole_directory\n"
        "with whole_directory(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'half').touch(); os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(target)], check=False)
    assert killed.returncode == -9
    assert not target.exists()
    with whole_directory(target) as folder:
        (folder / "whole").touch()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["folder", "whole"]


def test_a_link_to_a_folder_is_replaced_and_its_folder_left_alone(tmp_path: Path) -> None:
    kept, target = tmp_path / "kept", tmp_path / "link"
    (kept / "inner").mkdir(parents=True)
    target.symlink_to(kept)
    (tmp_path / ".link.partial-killed").symlink_to(kept)
    with whole_directory(target) as folder:
        (folder / "new").touch()
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == [
        "kept", "kept/inner", "link", "link/new"
    ]  # fmt: skip


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_json(pipe, [1])
    assert os.read(reader, 100) == b"[\n  1\n]\n"
    os.close(reader)
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


@pytest.mark.parametrize("name", ["plain", "a b", "é", "[a]*?", "%2F"])
def test_a_name_may_hold_anything(tmp_path: Path, name: str) -> None:
    (tmp_path / f".{name}.partial-killed").touch()
    write_json(tmp_path / name, [])
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_full_disk_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be written: No space left"), whole_file(tmp_path / "file"):
        raise OSError(28, os.strerror(28))
    assert list(tmp_path.iterdir()) == []


def test_json_is_canonical(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 1, "a": [0.1, "é"]})
    assert (tmp_path / "a.json").read_bytes() == '{\n  "a": [\n    0.1,\n    "é"\n  ],\n  "b": 1\n}\n'.encode()
    assert read_json(tmp_path / "a.json") == {"a": [0.1, "é"], "b": 1}
    with pytest.raises(ValueError, match=r"not JSON compliant"):
        write_json(tmp_path / "b.json", {"a": float("nan")})
    assert not (tmp_path / "b.json").exists()


@pytest.mark.parametrize(
    ("content", "message"), [(None, "no such file"), (b"{", "is damaged"), (b"\xff", "is damaged")]
)
def test_json_that_cannot_be_read_says_what_makes_it(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=rf"a.json: {message}.*dvc repro"):
        read_json(path)


def test_digest_depends_on_values_not_on_their_order() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
