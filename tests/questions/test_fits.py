"""Data that a study makes for itself."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.evaluate.tables import Prediction, predictions_of
from timeshare.questions.fits import at_hand, baselines_of, made_data, write_raw
from timeshare.sources.hutto_gilbert import HuttoGilbertSettings
from timeshare.sources.hutto_gilbert.download import FILES
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


def test_a_dataset_that_downloads_is_at_hand_where_the_run_has_downloaded_one_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    reviews = entry_of(HuttoGilbertSettings)(source="hutto_gilbert", sets=("movie_reviews",))
    datasets = {"made": DATA, "reviews": reviews, "others": reviews}
    # A dataset whose source downloads nothing has an empty folder.
    (tmp_path / "data/downloads/others").mkdir(parents=True)
    assert at_hand(datasets) == ({"made": DATA}, ["reviews", "others"])
    (tmp_path / "data/downloads/reviews").mkdir()
    (tmp_path / "data/downloads/reviews/texts.txt").touch()
    assert at_hand(datasets) == ({"made": DATA, "reviews": reviews}, ["others"])


def test_a_study_reads_what_the_run_downloaded(tmp_path: Path) -> None:
    lines = [
        f"{row}\t{1.5 - row % 2 * 3}\tthe film number {row} of {'good' if row % 2 else 'bad'} ones" for row in range(60)
    ]
    (tmp_path / FILES["movie_reviews"]).write_text("\r\n".join(lines), newline="")
    reviews = entry_of(HuttoGilbertSettings)(source="hutto_gilbert", sets=("movie_reviews",))
    (tmp_path / "scratch").mkdir()
    data = made_data("study", reviews, tmp_path / "scratch", downloads=tmp_path)
    assert data.meta["classes"] == ["neg", "pos"]


def test_baselines_answer_what_a_fitted_model_was_asked() -> None:
    train = [Prediction("train", label=label) for label in (1, 1, 0)]
    test = [Prediction("test", label=label, predicted=1 - label) for label in (1, 0, 0, 0)]
    found = baselines_of(predictions_of([*train, *test]), ("accuracy", "order_score"))
    assert found == {"constant": {"accuracy": 1 / 4}, "random": {"accuracy": 1 / 2}}
