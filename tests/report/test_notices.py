"""What the head of the page warns of, and only where it is true."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from tests.report.fixture import make_params, set_metric, write_tree, write_tuning
from timeshare.params import Params
from timeshare.report.notices import few_seeds, notices, tuned_line
from timeshare.report.page import render
from timeshare.report.reading import read_results
from timeshare.report.results import Results
from timeshare.train.settings import TrainSettings

SIX = (0, 1, 2, 3, 4, 5)  # seeds: no fewer are enough


@pytest.fixture(scope="module")
def enough(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of many texts, and six seeds of models that learned it; not to be written to."""
    root = tmp_path_factory.mktemp("enough")
    write_tree(root, settings())
    return root


@pytest.fixture
def copy(enough: Path, tmp_path: Path) -> Path:
    return shutil.copytree(enough, tmp_path / "copy")


def settings() -> Params:
    return make_params(datasets=("movie_reviews",), models=("shared", "unshared"), seeds=SIX, resamples=100)


def read(root: Path) -> Results:
    return read_results(settings(), root)


def test_few_seeds_are_warned_of() -> None:
    few = " ".join(few_seeds(3, 0.95))
    assert "cannot give a p below 0.25" in few
    assert "takes 6 seeds" in few
    assert "75% of cases, not in 95%" in few
    assert "one seed" in few_seeds(1, 0.95)[0]
    assert few_seeds(6, 0.95) == []


def test_a_run_with_nothing_amiss_is_warned_of_nothing(enough: Path) -> None:
    assert notices(read(enough)) == []


def test_models_that_do_not_fit_are_told_from_those_that_fit_the_training_texts_alone(copy: Path) -> None:
    for model, trained in (("shared", 0.5), ("unshared", 0.7)):
        set_metric(copy, "movie_reviews", model, "accuracy", (0.5,) * 6)
        set_metric(copy, "movie_reviews", model, "train_accuracy", (trained,) * 6)
    results = read(copy)
    unfitted, narrow = notices(results)
    assert unfitted.text == (
        "On movie_reviews, no better than guessing even on training texts: `shared` (50.0%). More epochs or another "
        "learning rate may help:"
    )
    assert narrow.text == (
        "On movie_reviews, better than guessing on training texts but not on test texts: `unshared` (70.0%, then "
        "50.0%). Nothing carries over."
    )
    page = render(results, {})
    # The fixture gives nothing of the section training, so that there is nothing to show of it.
    keys = '<a href="#params-datasets"><code>datasets.movie_reviews.training</code></a>, <code>training</code>'
    assert f"may help: {keys}.</p>" in page


def test_a_model_that_fits_no_training_texts_but_passes_the_test_is_not_said_to_fail_both(copy: Path) -> None:
    set_metric(copy, "movie_reviews", "shared", "train_accuracy", (0.5,) * 6)
    assert [notice.text.partition(":")[0] for notice in notices(read(copy))] == [
        "On movie_reviews, no better than guessing even on training texts"
    ]


def test_a_bag_of_words_that_order_leaves_nothing_to_is_no_fault_of_training(tmp_path: Path) -> None:
    params = make_params(datasets=("parity",), models=("shared", "bag_of_words"), seeds=SIX, resamples=100)
    write_tree(tmp_path, params)
    for metric in ("accuracy", "train_accuracy"):
        set_metric(tmp_path, "parity", "bag_of_words", metric, (0.5,) * 6)
    assert notices(read_results(params, tmp_path)) == []


@pytest.mark.parametrize(("rows", "warned"), [(30, "30 test texts: one is 3.3 points."), (100, "")])
def test_few_test_texts_are_weighed(copy: Path, rows: int, warned: str) -> None:
    path = copy / "data/prepared/movie_reviews/meta.json"
    meta = json.loads(path.read_text())
    meta["splits"]["test"]["rows"] = rows
    path.write_text(json.dumps(meta))
    found = [notice.text for notice in notices(read(copy)) if "accuracy rests on" in notice.text]
    assert found == ([f"On movie_reviews, accuracy rests on {warned}"] if warned else [])


def test_few_longer_texts_are_weighed_by_the_length_that_has_fewest(copy: Path) -> None:
    # Training ends at 31 tokens: 4 lengths lie beyond, one of them with two texts, so one text is an eighth.
    rows = [(31, 500), (32, 10), (33, 2), (34, 10), (35, 10)]
    for path in (copy / "results").rglob("lengths.csv"):
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("rule", "length", "rows", "correct", "constant"))
            rules = ("hold", "cycle") if path.parts[-3] == "unshared" else ("",)
            writer.writerows(
                ("" if length < 32 else rule, length, texts, 1, 1)
                for length, texts in rows
                for rule in (rules[:1] if length < 32 else rules)
            )
    assert [notice.text for notice in notices(read(copy))] == [
        "On movie_reviews, length scores rest on 32 texts longer than those of training: one is up to 12.5 points."
    ]


@pytest.mark.parametrize(
    ("tuned", "line", "notice"),
    [
        ({}, "Settings of training are those of params.yaml: no model was tuned.", []),
        ({"shared": 4, "unshared": 4}, "Settings of training: 4 trials a model on movie_reviews.", []),
        (
            {"shared": 4},
            "Settings of training: models not tuned alike on movie_reviews.",
            ["`shared` with 4 trials; `unshared` not at all."],
        ),
        (
            {"shared": 1, "unshared": 4},
            "Settings of training: models not tuned alike on movie_reviews.",
            ["`unshared` with 4 trials; `shared` with 1 trial."],
        ),
    ],
)
def test_the_page_says_what_was_tuned_and_warns_where_it_was_not_alike(
    copy: Path, tuned: dict[str, int], line: str, notice: list[str]
) -> None:
    for model, number in tuned.items():
        write_tuning(copy, "movie_reviews", model, [0.7] * number)
    results = read(copy)
    assert tuned_line(results) == line
    assert line in render(results, {})
    start = "On movie_reviews, models are not tuned alike, and a difference may be one of tuning: "
    assert [one.text for one in notices(results)] == [start + end for end in notice]


def test_a_model_whose_trials_do_better_than_its_choice_is_not_said_to_learn_nothing(copy: Path) -> None:
    for model in ("shared", "unshared"):
        for metric in ("accuracy", "train_accuracy"):
            set_metric(copy, "movie_reviews", model, metric, (0.5,) * 6)
    write_tuning(copy, "movie_reviews", "shared", [0.5, 0.5, 0.5])
    write_tuning(copy, "movie_reviews", "unshared", [0.5, 0.7, 0.5])
    assert [one.text for one in notices(read(copy))] == [
        "On movie_reviews, guessing with the chosen settings, although trials do better on validation texts: "
        "`unshared` (50.0%; better in 1 of 3 trials).",
        "On movie_reviews, no better than guessing even on training texts: `shared` (50.0%; better in none of 3 "
        "trials). More epochs or another learning rate may help:",
    ]


def test_a_setting_that_was_edited_since_is_not_the_chosen_one(copy: Path) -> None:
    for model in ("shared", "unshared"):
        write_tuning(copy, "movie_reviews", model, [0.7, 0.8])
    assert notices(read(copy)) == []
    edited = {"learning_rate": 0.5, "dropout": TrainSettings().dropout}
    write_tuning(copy, "movie_reviews", "shared", [0.7, 0.8], instead_of=edited)
    assert [one.text for one in notices(read(copy))] == [
        "On movie_reviews, edited in params.yaml since it was chosen, and trained as edited: `learning_rate` of "
        "`shared`."
    ]


def test_what_is_odd_about_the_rows_is_said(copy: Path) -> None:
    path = copy / "data/prepared/movie_reviews/meta.json"
    meta = json.loads(path.read_text())
    meta["remarks"] = ["train.csv: 1 row is left out because <b>", "datasets.movie_reviews: 2 texts"]
    meta["unseen"] = {"valid": 0.01, "test": 0.123}
    path.write_text(json.dumps(meta))
    (notice,) = notices(read(copy))
    unseen = "12.3% of the words of test texts stand in no training text"
    assert notice.text == f"On movie_reviews: train.csv: 1 row is left out because <b>; 2 texts; {unseen}."
    page = render(read(copy), {})
    assert "left out because &lt;b&gt;" in page
    assert "1.0% of the words of valid" in page  # however few they are
