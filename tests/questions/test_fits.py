"""Data that a study makes for itself."""

from pathlib import Path

import pyarrow.parquet as pq

from tests.evaluate.tables import Prediction, predictions_of
from timeshare.questions.fits import baselines_of, write_raw
from timeshare.sources.sentences import SentencesSettings
from timeshare.train.overrides import entry_of

DATA = entry_of(SentencesSettings)(source="sentences", train_size=50, valid_size=10, test_size=10, probe_groups=16)


def test_a_share_of_the_training_rows_leaves_all_else_alone(tmp_path: Path) -> None:
    write_raw("study", DATA, tmp_path / "whole")
    write_raw("study", DATA, tmp_path / "part", train_share=0.3)
    whole, part = (pq.read_table(tmp_path / name / "train.parquet") for name in ("whole", "part"))
    assert len(part) == 15
    assert part.equals(whole.slice(0, 15))
    for split in ("valid", "test", "probes"):
        same = [(tmp_path / name / f"{split}.parquet").read_bytes() for name in ("whole", "part")]
        assert same[0] == same[1]


def test_baselines_answer_what_a_fitted_model_was_asked() -> None:
    train = [Prediction("train", label=label) for label in (1, 1, 0)]
    test = [Prediction("test", label=label, predicted=1 - label) for label in (1, 0, 0, 0)]
    found = baselines_of(predictions_of([*train, *test]), ("accuracy", "order_score"))
    assert found == {"constant": {"accuracy": 1 / 4}, "random": {"accuracy": 1 / 2}}
