"""What the registry says of a model."""

import shutil
from pathlib import Path

from timeshare.core.artifacts import write_json
from timeshare.core.prepared.layout import read_meta
from timeshare.tracking.card import SERVING_PORT, card
from timeshare.tracking.identity import SeedRun


def test_a_card_says_data_settings_scores_limits_and_an_example(files: Path) -> None:
    seed_run = SeedRun("parity", "unshared", 0, "up to date")
    scores = {"accuracy": 0.8125, "length_score/hold": 0.5}
    params = {"training.learning_rate": "0.003", "training.dropout": "None"}
    text = card(files, seed_run, scores, "valid_accuracy", 0.75, "it's 0 1", params)
    sections = {part.partition("\n")[0]: part for part in text.removeprefix("## ").split("\n\n## ")}
    assert list(sections) == ["A classifier of parity", "Data", "Settings", "Scores", "Limits", "Use"]
    meta = read_meta(files / "meta.json")
    assert "valid_accuracy (0.7500)" in sections["A classifier of parity"]
    assert f"{meta['splits']['train']['rows']:,} texts in train" in sections["Data"]
    assert "`sharing`" in sections["Settings"]
    assert "`training.learning_rate`: 0.003" in sections["Settings"]
    assert "training.dropout" not in sections["Settings"]
    assert "accuracy: 0.812" in sections["Scores"]
    assert f"more than {meta['longest_train']} words" in sections["Limits"]
    assert "last step" in sections["Limits"]
    assert "timeshare predict parity@champion 'it'\"'\"'s 0 1'" in sections["Use"]
    assert f"127.0.0.1:{SERVING_PORT}/invocations" in sections["Use"]


def test_long_texts_and_many_labels_leave_a_card_short(files: Path, tmp_path: Path) -> None:
    """Databases that are servers take 5,000 characters."""
    kept = tmp_path / "kept"
    shutil.copytree(files, kept)
    meta = read_meta(kept / "meta.json")
    write_json(kept / "meta.json", {**meta, "classes": [f"label {number}" for number in range(2000)]})
    text = "word ```\n" * 2000
    said = card(kept, SeedRun("parity", "unshared", 0, "up to date"), {}, "valid_accuracy", 0.75, text, {})
    assert len(said) < 5000
    assert [line for line in said.splitlines() if line.startswith("```")] == ["```", "```"]
