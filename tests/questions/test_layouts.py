"""What padding costs: a fact of the data, and a benchmark."""

from dataclasses import fields
from pathlib import Path

import pytest

from tests.committed import committed
from tests.questions.asking import ask
from timeshare.core.config.errors import UserError
from timeshare.questions.layouts.regimes import RegimeCost, read_regimes

HEADING = ",".join(field.name for field in fields(RegimeCost))


def write_measured(root: Path, *rows: str) -> None:
    (root / "benchmarks/measured").mkdir(parents=True)
    (root / "benchmarks/measured/batching.csv").write_text("\n".join([HEADING, *rows]) + "\n")


def test_layouts_are_told_from_meta_and_times_are_those_of_the_benchmark_if_it_was_run(copy: Path) -> None:
    without = ask("Q6", copy)
    assert "41.2% on sentences and 48.7% on parity" in without.sentences[0]
    assert "bucketing on sentences (7 shapes) and exact on parity (40 shapes)" in without.sentences[1]
    assert "`make bench-batching`" in without.sentences[2]
    assert [figure.id for figure in without.figures] == ["waste"]
    write_measured(
        copy,
        "padding,40.0,10000,0.89,1,2,310,2,0.536,3 cores",
        '"bucketing, pools",5.0,80000,0.0764,21,28,314,2,0.7157,3 cores',
    )
    answer = ask("Q6", copy)
    assert answer.sentences[:2] == without.sentences[:2]
    assert answer.sentences[2].endswith("with padding (40 s), on 3 cores: bucketing, pools 0.12.")
    waste, regimes = answer.figures
    assert (waste.id, regimes.id) == ("waste", "regimes")
    assert "3 cores" in regimes.title
    assert [[entry.text for entry in row] for row in regimes.table.rows] == [
        ["padding", "40", "10,000", "89.0%", "1", "2", "53.6%"],
        ["bucketing, pools", "5", "80,000", "7.6%", "21", "28", "71.6%"],
    ]
    bars = regimes.spec["datasets"]["bars"]
    assert [one["share"] for one in bars if one["measure"] == "seconds an epoch"] == [1.0, 0.125]
    # A bar says its unit itself: its axis serves all measures.
    labels = [one["label"] for one in bars if one["regime"] == "padding"]
    assert labels == ["40 s", "10,000 tokens/s", "89.0%", "1 length", "2 shapes", "53.6%"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [("5.0,", "is damaged"), ("0.0,80000", "greater than 0"), ("5.0,nan", "a finite number")],
)
def test_a_damaged_table_of_times_names_what_makes_it(tmp_path: Path, wrong: str, message: str) -> None:
    write_measured(tmp_path, f"padding,{wrong},0.1,1,2,310,2,0.5,3 cores")
    with pytest.raises(UserError, match=rf"batching.csv: .*{message}.*`make bench-batching`"):
        read_regimes(tmp_path)


def test_the_committed_table_of_times_is_what_the_report_reads(tmp_path: Path) -> None:
    heading, *rows = committed("benchmarks/measured/batching.csv")[0].splitlines()
    assert heading == HEADING
    write_measured(tmp_path, *rows)
    assert len(read_regimes(tmp_path)) > 1
