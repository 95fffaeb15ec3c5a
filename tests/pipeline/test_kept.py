"""Which seeds stay, which are made, which go."""

import hashlib
from pathlib import Path

import pytest

from tests.pipeline.members import ITEM, SEEDS, make_seed, write_pipeline
from timeshare.pipeline.identity.kept import seed_folder, seeds_to_make
from timeshare.pipeline.identity.reads import MADE_OF, SeedReads, Workspace

OUTPUT = Path("models/parity/shared")


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_pipeline(Path())
    for seed in SEEDS:
        make_seed(Path(), "train", seed)


def to_make(*seeds: int, clear: bool = True) -> list[int]:
    return list(seeds_to_make(OUTPUT, "train", ITEM, seeds, clear=clear))


def test_a_new_seed_is_made_and_the_others_stay() -> None:
    assert to_make(0, 1) == []
    assert to_make(5, 1, 0, 3) == [5, 3]


def test_a_seed_that_is_gone_from_the_run_is_cleared_away_with_what_a_kill_left() -> None:
    (OUTPUT / ".7.partial-x").mkdir()
    (OUTPUT / "stray").touch()
    assert to_make(1, clear=False) == []
    assert len(list(OUTPUT.iterdir())) == 4
    assert to_make(1) == []
    assert [path.name for path in OUTPUT.iterdir()] == ["1"]


def test_an_edit_of_what_a_seed_is_made_of_makes_all_anew() -> None:
    Path("code/fit.py").write_text("other code")
    assert to_make(0, 1) == [0, 1]


def test_a_file_that_settings_name_and_dvc_does_not_watch_makes_a_forced_stage_make_all_anew() -> None:
    """Its place is none of the seeds' business, but its bytes are."""
    outside, watched = Path.cwd().parent / "outside.vec", Path("code/nn/watched.py")
    for file in (Path("own.py"), outside, watched):
        file.write_text("before")

    def made_of() -> dict[int, SeedReads]:
        also = [Path("own.py"), outside, watched.absolute(), Path("absent.vec")]
        return seeds_to_make(OUTPUT, "train", ITEM, SEEDS, also=also)

    assert list(made_of()) == [0, 1]
    for reads in made_of().values():
        assert {"own.py", "outside.vec"} == reads.inputs.keys() - Workspace(Path()).reads(
            "train", ITEM, 0
        ).inputs.keys()
        with seed_folder(OUTPUT / str(reads.seed), reads) as folder:
            (folder / "file").touch()
    for file in (Path("own.py"), outside):
        assert made_of() == {}
        file.write_text("after")
        assert list(made_of()) == [0, 1]
        file.write_text("before")


def put_into_dvcs_cache(content: bytes, cache: Path = Path(".dvc/cache")) -> Path:
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    place = cache / "files/md5" / md5[:2] / md5[2:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return place


def test_what_is_set_back_brings_back_the_seeds_that_dvcs_cache_has() -> None:
    before = {path: path.read_bytes() for path in OUTPUT.rglob("*") if path.is_file()}
    cached = [put_into_dvcs_cache((OUTPUT / f"{seed}/file").read_bytes()) for seed in SEEDS]
    code = Path("code/fit.py").read_text()
    Path("code/fit.py").write_text("other code")
    assert to_make(0, 1) == [0, 1]
    for seed in SEEDS:
        make_seed(Path(), "train", seed, content="other")
    Path("code/fit.py").write_text(code)
    cached[1].write_text("damaged")
    # Only the first of several processes writes; the others find the same.
    assert to_make(0, 1, clear=False) == [1]
    assert (OUTPUT / "0/file").read_text() == "other"
    assert to_make(0, 1) == [1]
    assert all(path.read_bytes() == content for path, content in before.items() if path.parent.name == "0")
    cached[0].unlink()
    assert to_make(0, 1) == [1]


@pytest.mark.parametrize("named", ["absolute", "relative"])
@pytest.mark.parametrize("file", ["config", "config.local"])
def test_dvcs_cache_may_be_elsewhere(tmp_path: Path, file: str, named: str) -> None:
    cache = tmp_path.parent / f"{tmp_path.name} shared é"
    name = cache if named == "absolute" else f"../../{cache.name}"
    Path(".dvc").mkdir()
    Path(".dvc", file).write_text(
        f"[core]\n    analytics = false\n['remote \"r\"']\n    url = %x\n[cache]\n    dir = {name}\n"
    )
    put_into_dvcs_cache((OUTPUT / "0/file").read_bytes(), cache)
    (OUTPUT / "0/file").write_text("damaged")
    assert to_make(0) == []


@pytest.mark.parametrize("note", ["[1]", '{"file": 1}', "{", "\0"])
def test_a_damaged_note_brings_nothing_back(note: str) -> None:
    put_into_dvcs_cache((OUTPUT / "0/file").read_bytes())
    (OUTPUT / "0/file").write_text("damaged")
    for path in Path(".timeshare/made").iterdir():
        path.write_text(note)
    assert to_make(0) == [0]


@pytest.mark.parametrize("damage", ["changed", "gone", "added", "says nothing"])
def test_a_folder_that_is_not_as_it_was_written_is_made_anew(damage: str) -> None:
    match damage:
        case "changed":
            (OUTPUT / "1/file").write_text("x")
        case "gone":
            (OUTPUT / "1/file").unlink()
        case "added":
            (OUTPUT / "1/more").touch()
        case _:
            (OUTPUT / "1" / MADE_OF).write_text("[")
    assert to_make(0, 1) == [1]


def test_a_folder_says_the_same_wherever_it_was_made_and_whatever_ran_beside_it(tmp_path: Path) -> None:
    said = (OUTPUT / "0" / MADE_OF).read_bytes()
    assert str(tmp_path).encode() not in said
    Path("params.yaml").write_text(Path("params.yaml").read_text().replace("seeds: [0, 1]", "seeds: [0]"))
    make_seed(Path(), "train", 0)
    assert (OUTPUT / "0" / MADE_OF).read_bytes() == said


def test_what_fails_half_way_leaves_the_old_one() -> None:
    def fail() -> None:
        with seed_folder(OUTPUT / "0", Workspace(Path()).reads("train", ITEM, 0)) as folder:
            (folder / "file").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert to_make(0, 1) == []
    assert sorted(path.name for path in OUTPUT.iterdir()) == ["0", "1"]
