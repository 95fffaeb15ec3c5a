"""What holds for every source of the table."""

import json
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from timeshare.core.prepared.store import PreparedData
from timeshare.core.prepared.tokenisers import TOKENISERS
from timeshare.prepare.prepare import prepare
from timeshare.prepare.settings import PrepareSettings
from timeshare.sources.ingest import ingest
from timeshare.sources.table import SOURCES

SMALL: dict[str, dict[str, Any]] = {
    "sentences": {"train_size": 200, "valid_size": 20, "test_size": 20, "probe_groups": 5},
    "formal": {"task": "modular_arithmetic", "train_size": 300, "probe_lengths": (41, 60), "probe_groups": 10},
    "files": {"train": "mine.csv"},
    "hutto_gilbert": {"sets": ("tweets",)},
    "huggingface": {"path": "owner/mine"},
}


def write_files() -> None:
    """What the sources that read files find in the working directory, which serves as the download's folder too."""
    texts = [f"word{index} and {'more ' * (index % 7)}" for index in range(400)]
    Path("mine.csv").write_text("text,label\n" + "".join(f"{text},{'ab'[row % 2]}\n" for row, text in enumerate(texts)))
    rated = "".join(f"{row}\t{row % 5 - 2.0}\t{text}\r\n" for row, text in enumerate(texts))
    Path("tweets_GroundTruth.txt").write_text(rated, newline="")
    labels = ["ab"[row % 2] for row in range(len(texts))]
    pq.write_table(pa.table({"text": texts, "label": labels}), "train.parquet")
    Path("dataset.json").write_text("{}")


@pytest.mark.parametrize("name", SMALL)
def test_the_seed_decides_every_byte(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_files()
    for folder, seed in (("first", 0), ("again", 0), ("other", 1)):
        Path(folder).mkdir()
        settings = SOURCES[name].settings.model_validate({"source": name, "seed": seed, **SMALL[name]})
        ingest("mine", settings, Path(folder))
    for path in Path("first").iterdir():
        assert path.read_bytes() == (Path("again") / path.name).read_bytes()
    assert Path("first/train.parquet").read_bytes() != Path("other/train.parquet").read_bytes()
    schema = json.loads(Path("first/schema.json").read_text())
    assert (schema["source"], schema["tokeniser"]) == (name, SOURCES[name].tokeniser)


@pytest.mark.parametrize("tokeniser", ["characters", r"regex:\w+"])
@pytest.mark.parametrize("name", ["files", "huggingface", "hutto_gilbert"])
def test_a_dataset_says_how_its_texts_are_cut_wherever_they_are(
    name: str, tokeniser: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files()
    entry = {"source": name, "tokeniser": tokeniser, **SMALL[name]}
    for folder in ("raw", "prepared"):
        Path(folder).mkdir()
    ingest("mine", SOURCES[name].settings.model_validate(entry), Path("raw"))
    prepare(Path("raw"), Path("prepared"), PrepareSettings())
    data = PreparedData.open(Path("prepared"))
    assert data.meta["tokeniser"] == json.loads(Path("raw/schema.json").read_text())["tokeniser"] == tokeniser
    assert data.meta["longest_train"] == json.loads(Path("raw/schema.json").read_text())["notes"]["longest_trained"]
    assert ("m" in data.vocabulary.tokens) == (tokeniser == "characters")
    assert "shuffle_1" in data.rows("probes")["kind"].to_pylist()


@pytest.mark.parametrize("name", SOURCES)
def test_settings_are_chosen_by_the_name_in_the_table(name: str) -> None:
    assert get_args(SOURCES[name].settings.model_fields["source"].annotation) == (name,)
    assert SOURCES[name].tokeniser in TOKENISERS


def test_a_download_depends_on_the_code_that_downloads() -> None:
    deps = yaml.safe_load(Path("dvc.yaml").read_text())["stages"]["download"]["deps"]
    for name, source in SOURCES.items():
        if source.download is not None:
            assert f"src/timeshare/sources/{name}/download.py" in deps
