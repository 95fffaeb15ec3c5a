"""Folders in the library's own formats, read for real; the hub is stood in for, since tests reach no network."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.sources.tables import rows_of
from timeshare.core.artifacts import read_json
from timeshare.core.config.errors import UserError
from timeshare.pipeline import download as stage
from timeshare.sources.huggingface import HuggingFaceSettings, library
from timeshare.sources.huggingface.download import download
from timeshare.sources.huggingface.read import read
from timeshare.sources.raw import RawData

datasets = pytest.importorskip("datasets", reason="the extra huggingface is not installed; requirements.lock has it")
huggingface_hub = pytest.importorskip("huggingface_hub")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
ROWS = [{"text": f"It is number {number} .", "label": number % 2} for number in range(60)]
TEST = [{"text": f"That is number {number} .", "label": number % 2} for number in range(10)] + [
    {"text": "Nobody knows .", "label": -1}
]
FEATURES = {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["ham", "spam"])}
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def settings(path: str, **changes: Any) -> HuggingFaceSettings:
    return HuggingFaceSettings.model_validate({"source": "huggingface", "path": path, "text": "text", **changes})


def ingest(path: str, **changes: Any) -> RawData:
    return read("mine", settings(path, **changes), Path("downloads"))


def with_names() -> Any:
    features = datasets.Features(FEATURES)
    return datasets.DatasetDict(
        train=datasets.Dataset.from_list(ROWS, features=features),
        test=datasets.Dataset.from_list(TEST, features=features),
    )


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("text,label\n" + "".join(f"{row['text']},{row['label']}\n" for row in rows))


def write_parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(rows), path)


WRITERS: dict[str, Callable[[Path, list[dict[str, Any]]], None]] = {
    "jsonl": write_lines,
    "csv": write_csv,
    "parquet": write_parquet,
}


@pytest.mark.parametrize("ending", WRITERS)
def test_a_folder_of_data_files(ending: str) -> None:
    Path("mine").mkdir()
    write = WRITERS[ending]
    write(Path("mine") / f"train.{ending}", ROWS)
    write(Path("mine") / f"test.{ending}", TEST[:-1])
    raw = ingest("mine")
    assert raw.classes == ("0", "1")
    assert [row["text"] for row in rows_of(raw, "test")] == [row["text"] for row in TEST[:-1]]
    assert len(rows_of(raw, "train")) + len(rows_of(raw, "valid")) == len(ROWS)


def test_what_was_saved_to_disk_has_the_names_of_its_classes() -> None:
    with_names().save_to_disk("mine")
    raw = ingest("mine")
    assert raw.classes == ("ham", "spam")
    assert [row["label"] for row in rows_of(raw, "test")] == ["ham", "spam"] * 5
    # -1 is how the hub's sets say that a row has no label.
    assert list(raw.left_out or ()) == [("mine:test", 11, "no_label")]
    with_names()["train"].save_to_disk("one")
    assert ingest("one").classes == ("ham", "spam")


def test_columns_inside_others_and_lists_of_tokens() -> None:
    rows = [{"data": {"words": ["It", "is", str(number)]}, "label": "ab"[number % 2]} for number in range(40)]
    datasets.Dataset.from_list(rows).save_to_disk("mine")
    raw = ingest("mine", text="data.words")
    assert raw.tokeniser == "whitespace"
    assert rows_of(raw, "train")[0]["text"].startswith("It is ")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """A hub whose one dataset is what `with_names` gives; what it was asked."""
    asked: list[tuple[str, Any]] = []

    def info(_: Any, path: str, *, revision: str | None, timeout: float) -> SimpleNamespace:
        asked.append((path, revision))
        return SimpleNamespace(sha=COMMIT)

    def load(path: str, name: str | None, *, revision: str, streaming: bool) -> Any:
        asked.append((path, revision))
        assert streaming
        return {split: one.to_iterable_dataset() for split, one in with_names().items()}

    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", info)
    monkeypatch.setattr(datasets, "load_dataset", load)
    return asked


def test_a_download_is_of_one_commit_and_is_kept_as_long_as_the_same_is_wanted(hub: list[tuple[str, Any]]) -> None:
    entry = settings("owner/mine", revision="v1")
    params: Any = SimpleNamespace(dataset=lambda name: entry)
    stage.main(params, "mine")
    assert hub == [("owner/mine", "v1"), ("owner/mine", COMMIT)]
    folder = Path("data/downloads/mine")
    assert {path.name for path in folder.iterdir()} == {
        "download.json",
        "dataset.json",
        "train.parquet",
        "test.parquet",
    }
    entry = settings("owner/mine", revision="v1", split=(0.2, 0.2))
    stage.main(params, "mine")
    assert len(hub) == 2, "the shares of the splits change nothing of it"
    raw = read("mine", entry, folder)
    assert raw.classes == ("ham", "spam")
    assert raw.notes["huggingface"] == {"path": "owner/mine", "name": None, "commit": COMMIT}
    (folder / "test.parquet").write_bytes(b"damaged")
    stage.main(params, "mine")
    assert len(hub) == 4
    entry = settings("owner/mine", revision="v2")
    stage.main(params, "mine")
    assert hub[4] == ("owner/mine", "v2")


def test_equal_downloads_have_equal_bytes(hub: list[tuple[str, Any]]) -> None:
    for name in ("first", "again"):
        Path(name).mkdir()
        download(settings("owner/mine"), Path(name))
    for path in Path("first").iterdir():
        assert path.read_bytes() == (Path("again") / path.name).read_bytes()
    assert read_json(Path("first/dataset.json"))["commit"] == COMMIT


def test_rows_are_streamed_whatever_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_ROWS_AT_ONCE", 7)
    with_names().save_to_disk("mine")
    opened = library.open_dataset(settings("mine"))
    rows = list(library.rows_of(settings("mine"), "train", opened["train"]))
    assert [number for number, _ in rows] == list(range(1, 61))
    assert rows[-1][1] == ("It is number 59 .", "spam")


@pytest.mark.parametrize(
    ("path", "changes", "message"),
    [
        (
            "mine",
            {"splits": {"test": "tset"}},
            "mine: has no split 'tset' (it has 'train', 'test'); name those that it",
        ),
        ("mine", {"text": "sentence"}, "mine: train has no column 'sentence' (it has 'text', 'label'); name the right"),
        (
            "mine",
            {"text": "text.a.b", "rows": "strict"},
            "mine:train:1: text is missing (so or alike in all 60 rows)",
        ),
        ("empty", {}, "empty: is no dataset that can be read ("),
        ("owner/absent", {}, "downloads/train.parquet: no such file; run `dvc repro` so that it is downloaded"),
    ],
)
def test_what_is_wrong_is_a_line_for_each_split(path: str, changes: dict[str, Any], message: str) -> None:
    with_names().save_to_disk("mine")
    Path("empty").mkdir()
    with pytest.raises(UserError) as caught:
        ingest(path, **changes)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith(message)
    assert [line.partition(":")[0] for line in lines[1:]] in ([], ["mine"])


def test_a_name_that_the_hub_cannot_have_is_one_line() -> None:
    with pytest.raises(
        UserError, match=r"^a/b/c: is no folder here, nor a dataset of the hub \(.*\); correct path"
    ) as caught:
        download(settings("a/b/c"), Path())
    assert "\n" not in str(caught.value)


@pytest.mark.integration
def test_without_a_network_it_says_so_at_once() -> None:
    script = """
from pathlib import Path
from timeshare.sources.huggingface import HuggingFaceSettings
from timeshare.sources.huggingface.download import download
download(HuggingFaceSettings(source="huggingface", path="owner/mine"), Path())
"""
    # A port of this machine on which nothing listens.
    environment = {**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=30
    )
    *_, last = done.stderr.splitlines()
    assert last.startswith(
        "timeshare.core.config.errors.UserError: owner/mine: the Hugging Face hub cannot be reached ("
    )
    assert "Retrying" not in done.stderr


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(
        UserError, match=r"^source huggingface: the package datasets is not installed; `pip install 'data"
    ):
        download(settings("owner/mine"), Path())
