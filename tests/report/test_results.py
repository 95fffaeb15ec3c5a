"""Reading a run's results: what is named and nothing else, and mistakes as one line."""

import json
import shutil
from pathlib import Path

import pytest

from tests.report.fixture import make_params
from timeshare.core.config.errors import UserError
from timeshare.params import Params
from timeshare.report.reading import read_results
from timeshare.report.results import Results


def test_values_are_paired_by_seed(results: Results) -> None:
    assert list(results.values("sentences", "shared", "accuracy")) == [0, 1, 2]
    assert results.values("parity", "shared", "none") == {}


def test_only_members_of_the_run_are_read(copy: Path, params: Params) -> None:
    shutil.copytree(copy / "results/parity/shared", copy / "results/parity/orphan")
    (copy / "results/parity/orphan/0/metrics.json").write_text("no JSON")
    assert read_results(params, copy).models == ("shared", "unshared", "bag_of_words")


def test_a_difference_is_that_of_the_common_seeds(copy: Path, params: Params) -> None:
    path = copy / "results/parity/shared/1/metrics.json"
    metrics = json.loads(path.read_text())
    del metrics["accuracy"]
    path.write_text(json.dumps(metrics))
    results = read_results(params, copy)
    comparison = results.compare("parity", "shared", "unshared", "accuracy")
    assert comparison is not None
    assert comparison.n == 2
    pairs = [results.values("parity", model, "accuracy") for model in ("shared", "unshared")]
    assert comparison.mean == pytest.approx(sum(pairs[0][seed] - pairs[1][seed] for seed in (0, 2)) / 2)


def test_a_difference_turned_round_has_the_turned_bounds(tree: Path, params: Params) -> None:
    results = read_results(params, tree)
    one, other = (
        results.compare("sentences", *models, "accuracy")
        for models in (("shared", "bag_of_words"), ("bag_of_words", "shared"))
    )
    assert one is not None
    assert other is not None
    assert (one.mean, one.low, one.high) == (-other.mean, -other.high, -other.low)
    assert (one.p_value, one.n) == (other.p_value, other.n)
    assert one.probability_greater == 1 - other.probability_greater
    assert one.mean > 0


def test_summaries_do_not_depend_on_the_order_of_asking(tree: Path, params: Params) -> None:
    first, second = read_results(params, tree), read_results(params, tree)
    second.summary("parity", "unshared", "accuracy")
    names = ("sentences", "unshared", "accuracy")
    assert first.summary(*names) == second.summary(*names)


def test_the_length_score_is_that_of_the_better_rule(results: Results) -> None:
    assert results.length_metric("parity", "shared") == "length_score"
    scores = {
        rule: results.summary("sentences", "unshared", f"length_score/{rule}").mean  # type: ignore[union-attr]
        for rule in ("hold", "cycle")
    }
    best = results.length_metric("sentences", "unshared")
    assert best is not None
    assert results.summary("sentences", "unshared", best).mean == max(scores.values())  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        ("results/parity/shared/0/metrics.json", None, r"metrics\.json: no such file; `dvc repro` makes it"),
        ("results/parity/shared/0/lengths.csv", None, r"lengths\.csv: no such file"),
        (
            "results/parity/shared/0/lengths.csv",
            "rule,length,rows,constant\n,1,2,1\n",
            r"lengths\.csv: is damaged \(0\.correct: Field required\)",
        ),
        (
            "results/parity/shared/0/lengths.csv",
            "rule,length,rows,correct,constant\n,1,2,x,1\n",
            r"lengths\.csv: is damaged",
        ),
        ("results/parity/shared/0/lengths.csv", "rule,length,rows,correct,constant\n,1\n", r"lengths\.csv: is damaged"),
        ("results/parity/shared/0/metrics.json", '{"accuracy": NaN}', r"accuracy: Input should be a finite number"),
        ("results/parity/shared/0/metrics.json", '{"accuracy": "high"}', r"accuracy: Input should be a valid number"),
        (
            "models/parity/shared/0/curves.csv",
            "epoch,train_loss\n0,0.5\n",
            r"curves\.csv: is damaged \(0\.train_accuracy: Field required\)",
        ),
    ],
)
def test_a_missing_or_damaged_file_is_one_line_that_names_it(
    copy: Path, params: Params, path: str, content: str | None, message: str
) -> None:
    if content is None:
        (copy / path).unlink()
    else:
        (copy / path).write_text(content)
    with pytest.raises(UserError, match=message) as caught:
        read_results(params, copy)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("seed", "left", "named"), [(0, "hold", "hold"), (2, "cycle", "cycle"), (1, "", "none")])
def test_a_seed_evaluated_under_other_rules_is_named(
    copy: Path, params: Params, seed: int, left: str, named: str
) -> None:
    folder = copy / "results/sentences/unshared" / str(seed)
    header, *rows = (folder / "lengths.csv").read_text().splitlines(keepends=True)
    kept = [row for row in rows if row.split(",")[0] in ("", left)]
    (folder / "lengths.csv").write_text("".join([header, *kept]))
    with pytest.raises(UserError) as caught:
        read_results(params, copy)
    assert str(caught.value) == (
        f"{folder}: was evaluated with other rules beyond the extent ({named}) than params.yaml names now "
        "(cycle, hold); `dvc repro` evaluates it again"
    )


def test_a_run_without_the_baseline_has_none(tree: Path) -> None:
    assert read_results(make_params(models=("unshared", "bag_of_words")), tree).baseline is None
