"""Studies from settings to files, as small as they go."""

from pathlib import Path

import pytest
from timeshare.core.config.studies import CellsSettings, NextTokenSettings, PaddingSettings

from timeshare.core.artifacts import read_json
from timeshare.core.config.datasets import SentencesSettings
from timeshare.core.config.settings import TrainOverrides
from timeshare.studies import cells, next_token, padding

DATA = SentencesSettings(
    source="sentences",
    train_size=60,
    valid_size=20,
    test_size=40,
    probe_groups=20,
    training=TrainOverrides(max_epochs=1),  # type: ignore[call-arg] # made by create_model
)
CHANCE = pytest.approx(1 / 7)


def test_next_token(tmp_path: Path) -> None:
    settings = NextTokenSettings(study="next_token", data=DATA, weights=(0.0, 0.5), seeds=(0, 1), hidden_size=4)
    next_token.run(settings, tmp_path)
    summary = read_json(tmp_path / "summary.json")
    assert [variant["variant"] for variant in summary["variants"]] == [{"weight": 0.0}, {"weight": 0.5}]
    assert all(len(variant["metrics"]["accuracy"]["values"]) == 2 for variant in summary["variants"])
    assert summary["facts"]["baselines"]["random"]["accuracy"] == CHANCE
    assert summary["facts"]["baselines"]["constant"]["order_invariance"] == 1.0


def test_cells(tmp_path: Path) -> None:
    cells.run(CellsSettings(study="cells", datasets={"tiny": DATA}, seeds=(0,), hidden_size=4), tmp_path)
    summary = read_json(tmp_path / "summary.json")
    assert [variant["variant"]["cell"] for variant in summary["variants"]] == ["lstm", "rnn", "rnn_matched"]
    lstm, rnn, matched = (variant["metrics"]["parameters"]["mean"] for variant in summary["variants"])
    assert rnn < lstm
    assert matched == pytest.approx(lstm, rel=0.1)
    assert summary["facts"]["baselines"]["tiny: random"]["length_score"] == CHANCE


def test_padding(tmp_path: Path) -> None:
    padding.run(PaddingSettings(study="padding", data=DATA, seeds=(0,), hidden_size=4), tmp_path)
    summary = read_json(tmp_path / "summary.json")
    assert len(summary["variants"]) == len(padding.VARIANTS)
    constant, random = (summary["facts"]["baselines"][name] for name in ("constant", "random"))
    assert set(constant) == set(padding.REGIONS)
    assert list(random.values()) == [CHANCE] * 3
