import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sources.tables import probes_of, rows_of
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.tokenisers import basic_english
from timeshare.sources.hutto_gilbert import HuttoGilbertSettings
from timeshare.sources.hutto_gilbert import download as hutto_gilbert
from timeshare.sources.hutto_gilbert.read import read

Members = dict[str, bytes | tarfile.TarInfo]
INNER = {f"hutto_ICWSM_2014/{name}": f"1\t2.5\tin {name}\r\n".encode() for name in hutto_gilbert.FILES.values()}


def settings(*sets: str, **changes: Any) -> HuttoGilbertSettings:
    return HuttoGilbertSettings.model_validate({"source": "hutto_gilbert", "sets": sets, **changes})


def archive(members: Members) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                content.name = name
                tar.addfile(content)
            else:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def link(target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


def unpack(tmp_path: Path, inner: Members, outer: Callable[[bytes], Members] | None = None) -> Path:
    """Unpack a made-up source distribution of the right hash; the folder it is unpacked to."""
    wrapped = outer(archive(inner)) if outer else {hutto_gilbert.INNER_ARCHIVE: archive(inner)}
    sdist = tmp_path / hutto_gilbert.SDIST
    sdist.write_bytes(archive(wrapped))
    folder = tmp_path / "deep" / "folder"
    folder.mkdir(parents=True)
    hutto_gilbert.unpack(sdist, folder, hashlib.sha256(sdist.read_bytes()).hexdigest())
    return folder


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_the_four_sets_are_kept_and_nothing_else(tmp_path: Path) -> None:
    folder = unpack(tmp_path, {**INNER, "hutto_ICWSM_2014/paper.pdf": b"x", "hutto_ICWSM_2014/setup.py": b"x"})
    assert files_below(tmp_path) == {hutto_gilbert.SDIST} | {
        f"deep/folder/{name}" for name in hutto_gilbert.FILES.values()
    }
    assert (folder / "tweets_GroundTruth.txt").read_bytes() == b"1\t2.5\tin tweets_GroundTruth.txt\r\n"


def test_another_hash_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    sdist = tmp_path / hutto_gilbert.SDIST
    sdist.write_bytes(b"no archive at all")
    found = hashlib.sha256(b"no archive at all").hexdigest()
    with pytest.raises(UserError) as caught:
        hutto_gilbert.unpack(sdist, tmp_path)
    assert str(caught.value) == (
        f"vaderSentiment-3.3.2.tar.gz: has the sha256 {found}, not {hutto_gilbert.SHA256}; "
        "do not use it, and see where pip got it"
    )
    assert files_below(tmp_path) == {hutto_gilbert.SDIST}


TWEETS = "hutto_ICWSM_2014/tweets_GroundTruth.txt"


@pytest.mark.parametrize(
    "escape", ["../../tweets_GroundTruth.txt", "/tmp/tweets_GroundTruth.txt", "hutto_ICWSM_2014/../../x"]
)
def test_members_that_would_leave_the_folder_are_never_written(tmp_path: Path, escape: str) -> None:
    unpack(tmp_path, {escape: b"evil", **INNER})
    assert files_below(tmp_path) == {hutto_gilbert.SDIST} | {
        f"deep/folder/{name}" for name in hutto_gilbert.FILES.values()
    }
    assert b"evil" not in b"".join(path.read_bytes() for path in (tmp_path / "deep").rglob("*.txt"))


@pytest.mark.parametrize(
    ("member", "what"),
    [
        (link("/etc/passwd"), "is no plain file of at most 16000000 bytes"),
        (link("../../../secret", tarfile.LNKTYPE), "is no plain file of at most 16000000 bytes"),
        (link("", tarfile.FIFOTYPE), "is no plain file of at most 16000000 bytes"),
        (b"x" * 16_000_001, "is no plain file of at most 16000000 bytes"),
    ],
)
def test_links_devices_and_huge_members_are_refused(tmp_path: Path, member: bytes | tarfile.TarInfo, what: str) -> None:
    with pytest.raises(UserError, match=f"^vaderSentiment-3.3.2.tar.gz: {TWEETS} {what}; do not use it$"):
        unpack(tmp_path, {**INNER, TWEETS: member})
    assert files_below(tmp_path) == {hutto_gilbert.SDIST}


def test_a_missing_member_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"^vaderSentiment-3.3.2.tar.gz: lacks {TWEETS}; do not use it, and see"):
        unpack(tmp_path, {name: content for name, content in INNER.items() if name != TWEETS})


@pytest.mark.parametrize(
    "damage",
    [
        lambda inner: b"",
        lambda inner: inner[:20],
        lambda inner: inner[: len(inner) // 2],
        lambda inner: inner[:60] + bytes(40) + inner[100:],
        lambda inner: b"PK" + inner,
    ],
)
def test_a_damaged_inner_archive_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(UserError, match=r"^vaderSentiment-3.3.2.tar.gz: is a damaged archive \(.+\); do not use it"):
        unpack(tmp_path, dict(INNER), lambda inner: {hutto_gilbert.INNER_ARCHIVE: damage(inner)})
    assert files_below(tmp_path) == {hutto_gilbert.SDIST}


def test_without_an_index_the_message_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(UserError) as caught:
        hutto_gilbert.download(tmp_path)
    assert str(caught.value) == (
        "vaderSentiment==3.3.2: pip cannot download it (No matching distribution found for vaderSentiment==3.3.2); "
        "connect to a network with a Python package index, set PIP_FIND_LINKS to a folder that holds "
        "vaderSentiment-3.3.2.tar.gz, or take the hutto_gilbert datasets out of run.datasets"
    )
    assert files_below(tmp_path) == set()


def test_pip_itself_refuses_a_package_of_another_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links = tmp_path / "links"
    links.mkdir()
    trap = tmp_path / "ran"
    setup = f"import pathlib; pathlib.Path({str(trap)!r}).touch()".encode()
    (links / hutto_gilbert.SDIST).write_bytes(archive({"vaderSentiment-3.3.2/setup.py": setup}))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    with pytest.raises(UserError, match=r"^vaderSentiment==3.3.2: pip cannot download it \("):
        hutto_gilbert.download(tmp_path)
    assert not trap.exists()


def write_set(folder: Path, name: str, rows: list[tuple[str, float, str]]) -> None:
    content = "".join(f"{identity}\t{mean}\t{text}\r\n" for identity, mean, text in rows)
    (folder / hutto_gilbert.FILES[name]).write_bytes(content.encode())


def test_labels_are_signs_and_rows_at_zero_are_dropped(tmp_path: Path) -> None:
    rows = [(f"{index}", (index % 5) - 2.0, f'café text {index}, "so"\tit goes') for index in range(200)]
    write_set(tmp_path, "tweets", rows)
    raw = read("tweets", settings("tweets"), tmp_path)
    read_rows = {row["id"]: row for split in raw.splits for row in rows_of(raw, split)}
    assert read_rows == {
        f"tweets-{identity}": {"id": f"tweets-{identity}", "text": text, "label": "pos" if mean > 0 else "neg"}
        for identity, mean, text in rows
        if mean != 0
    }
    assert raw.classes == ("neg", "pos")
    assert raw.notes["dropped_at_zero"] == 40


def test_sets_are_combined_and_a_repeated_text_stays_in_one_split(tmp_path: Path) -> None:
    shared = [(str(index), 1.0 if index % 2 else -1.0, f"Text {index}.") for index in range(100)]
    write_set(tmp_path, "tweets", shared)
    write_set(tmp_path, "movie_reviews", [(identity, mean, text.lower()) for identity, mean, text in shared])
    raw = read("both", settings("tweets", "movie_reviews"), tmp_path)
    words = {split: {" ".join(basic_english(row["text"])) for row in rows_of(raw, split)} for split in raw.splits}
    assert sum(len(each) for each in words.values()) == len(set.union(*words.values())) == 100
    assert sum(len(rows_of(read("both", settings("tweets", "movie_reviews"), tmp_path), s)) for s in words) == 200
    assert raw.notes["sets"] == ["tweets", "movie_reviews"]


def test_missing_and_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tweets_GroundTruth.txt"
    with pytest.raises(UserError, match=f"^{path}: no such file; run `dvc repro` so that it is downloaded$"):
        read("tweets", settings("tweets"), tmp_path)
    path.write_bytes(b"1\t1.5\tfine\r\n2\tgood\tnot fine\r\n")
    with pytest.raises(UserError, match=f"^{path}:2: is damaged; remove the file and run `dvc repro`$"):
        read("tweets", settings("tweets"), tmp_path)
    path.write_bytes(b"1\t1.5\t\xff\r\n")
    with pytest.raises(UserError, match=f"^{path}: is damaged "):
        read("tweets", settings("tweets"), tmp_path)


@pytest.mark.slow
def test_the_published_sets_have_their_published_counts(tmp_path: Path) -> None:
    hutto_gilbert.download(tmp_path)
    counts = {"movie_reviews": (5242, 5326, 37), "tweets": (2897, 1299, 4)}
    counts |= {"amazon_reviews": (2128, 1482, 98), "nyt_editorials": (2204, 2742, 244)}
    for name, (positive, negative, zero) in counts.items():
        raw = read(name, settings(name), tmp_path)
        labels = [row["label"] for split in raw.splits for row in rows_of(raw, split)]
        labels += [probe["label"] for group in probes_of(raw)["length"].values() for probe in group]
        assert (labels.count("pos"), labels.count("neg"), raw.notes["dropped_at_zero"]) == (positive, negative, zero)
