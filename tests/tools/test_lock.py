"""dvc.lock as DVC would write it, and what is left of one that a kill cut short."""

import copy
from pathlib import Path
from typing import Any

import pytest
from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from dvc.utils.serialize import dumps_yaml, parse_yaml

from tests.committed import committed
from timeshare.core.config.errors import UserError
from timeshare.tools.lock import LockFile, drop_damaged_claims

ENTRY: dict[str, Any] = {
    "cmd": "timeshare train mine shared 0",
    "deps": [
        {"path": "data/é b", "hash": "md5", "md5": "0123456789abcdef0123456789abcdef.dir", "size": 7, "nfiles": 2}
    ],
    "params": {"params.yaml": {"a.b": 1e-05, "list": [None, 0.1, True, [], {}], "text": "yes: no", "nothing": None}},
    "outs": [{"path": "models/mine/shared/0", "hash": "md5", "md5": "1e5", "size": 3}],
}
# Copies, for YAML refers to what is there twice.
ENTRIES = {f"train@mine-shared-{seed}": copy.deepcopy(ENTRY) for seed in range(3)}
WHOLE = dumps_yaml({"schema": "2.0", "stages": ENTRIES})


def test_the_first_entry_makes_the_file(tmp_path: Path) -> None:
    lock = LockFile(tmp_path / "dvc.lock")
    for name, entry in ENTRIES.items():
        lock.enter({name: entry})
    assert (tmp_path / "dvc.lock").read_text() == WHOLE
    assert [path.name for path in tmp_path.iterdir()] == ["dvc.lock"]


def test_an_entry_takes_the_place_of_its_old_one(tmp_path: Path) -> None:
    path = tmp_path / "dvc.lock"
    path.write_text(WHOLE)
    changed = {"train@mine-shared-1": ENTRY | {"cmd": "another"}}
    LockFile(path).enter(changed)
    assert path.read_text() == dumps_yaml({"schema": "2.0", "stages": ENTRIES | changed})


def test_the_committed_one_is_kept_byte_for_byte(tmp_path: Path) -> None:
    (text,) = committed("dvc.lock")
    path = tmp_path / "dvc.lock"
    path.write_text(text)
    name, entry = next(iter(parse_yaml(text, "dvc.lock")["stages"].items()))
    LockFile(path).enter({name: entry})
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            WHOLE.replace("    cmd", "<<<<<<< HEAD\n    cmd", 1).encode(),
            r":4: holds a conflict of git's; take it from git",
        ),
        (WHOLE.encode() + b"<<<<<<< HEAD\n", r":\d+: holds a conflict of git's; take it from git"),
        (b"\xff\xfe\0", ": is damaged; take it from git"),
        (b"[]\n", ": is damaged; take it from git"),
    ],
    ids=["a conflict", "a conflict at the end", "other bytes", "other YAML"],
)
def test_a_damaged_one_is_said_and_kept(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "dvc.lock"
    path.write_bytes(content)
    with pytest.raises(UserError, match=f"^{path}{message}, or remove it"):
        LockFile(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("cut", range(0, len(WHOLE), 41))
def test_what_a_kill_has_cut_short_is_left_out(tmp_path: Path, cut: int, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "dvc.lock"
    path.write_text(WHOLE[:cut])
    LockFile(path)
    if path.exists():
        left = path.read_text()
        assert WHOLE.startswith(left)
        assert left == WHOLE[:cut] or "its last entry was cut short" in capsys.readouterr().err
        COMPILED_LOCKFILE_SCHEMA(parse_yaml(left, "dvc.lock"))
    else:
        assert "train@mine-shared-1" not in WHOLE[:cut]
    LockFile(path).enter(ENTRIES)
    assert path.read_text() == WHOLE


@pytest.mark.parametrize(("text", "stays"), [('{"read": {}}', True), ('{"read": {', False), ("", False), (None, False)])
def test_claims_that_a_kill_has_cut_short_are_dropped(tmp_path: Path, text: str | None, stays: bool) -> None:
    path = tmp_path / "rwlock"
    if text is not None:
        path.write_text(text)
    drop_damaged_claims(path)
    assert path.exists() == stays
