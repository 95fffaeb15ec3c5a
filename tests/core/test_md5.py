"""The md5 of a folder is DVC's."""

from pathlib import Path

import pytest
from dvc_data.hashfile.build import build
from dvc_data.hashfile.db import HashFileDB
from dvc_objects.fs.local import LocalFileSystem

from timeshare.core.md5 import lies_in, path_md5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files, links to a file and to a folder elsewhere, and names beyond ASCII."""
    folder, elsewhere = tmp_path / "a folder", tmp_path / "elsewhere"
    for name in ("a folder/inner/é è.csv", "a folder/b.csv", "elsewhere/c.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (folder / "link.csv").symlink_to(elsewhere / "c.csv")
    (folder / "linked").symlink_to(elsewhere)
    return folder


def test_links_to_files_are_read_and_those_to_folders_passed_over(folder: Path, tmp_path: Path) -> None:
    files = LocalFileSystem()
    _, _, built = build(HashFileDB(files, str(tmp_path / "cache")), str(folder), files, "md5", dry_run=True)
    assert path_md5(folder) == built.hash_info.value
    (tmp_path / "elsewhere/d.csv").touch()
    assert path_md5(folder) == built.hash_info.value
    (tmp_path / "elsewhere/c.csv").write_text("changed")
    assert path_md5(folder) != built.hash_info.value


@pytest.mark.parametrize(
    ("file", "inside"),
    [("b.csv", True), ("inner/é è.csv", True), ("link.csv", True), ("linked/c.csv", False), ("../b.csv", False)],
)
def test_what_lies_in_a_folder(folder: Path, tmp_path: Path, file: str, inside: bool) -> None:
    assert lies_in(folder / file, folder) == inside
    (tmp_path / "to it").symlink_to(folder)
    assert lies_in(folder / file, tmp_path / "to it") == inside
