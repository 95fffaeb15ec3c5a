"""`timeshare runs`, `timeshare sync`: what they say of what is recorded."""

import pytest

from timeshare.core.config.errors import UserError
from timeshare.tools import runs, sync
from timeshare.tracking.delivery import Delivered
from timeshare.tracking.identity import SeedRun

SEED_RUNS = [
    SeedRun("parity", "shared", 0, "up to date", "a" * 64, "0123456789abcdef0123456789abcdef"),
    SeedRun("parity", "shared", 1, "stale", "b" * 64, "fedcba9876543210fedcba9876543210"),
    SeedRun("a_dataset_of_a_long_name", "unshared_matched", 999_999_999, "missing", "c" * 64, None),
]


def test_each_member_has_a_line_with_its_state_and_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runs, "load_params", lambda: None)
    monkeypatch.setattr(runs, "seed_runs_of", lambda root, params: SEED_RUNS)
    runs.main(None, None)
    printed = capsys.readouterr().out.splitlines()
    for seed_run in SEED_RUNS:
        fields = (seed_run.dataset, seed_run.model, str(seed_run.seed), seed_run.state, seed_run.run_id or "-")
        (line,) = [line for line in printed if seed_run.dataset in line and f" {seed_run.seed} " in line]
        assert [field.strip() for field in line.strip("│").split("│")] == list(fields)


def test_the_runs_of_a_stage_are_listed_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runs, "load_params", lambda: None)
    monkeypatch.setattr(runs, "runs_of_stage", lambda root, stage, params: {0: f"{stage} zero", 7: f"{stage} seven"})
    runs.main("train@parity-shared", None)
    assert capsys.readouterr().out == "0 train@parity-shared zero\n7 train@parity-shared seven\n"
    runs.main("train@parity-shared", 7)
    assert capsys.readouterr().out == "train@parity-shared seven\n"
    with pytest.raises(UserError, match=r"^train@parity-shared: has no run of seed 3; it has those of 0, 7$"):
        runs.main("train@parity-shared", 3)


def test_a_sync_says_what_was_sent(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sync, "drain", lambda root, timeout: Delivered(sent=7, left=0, refused=2))
    sync.main(timeout=5)
    sent, refused = capsys.readouterr().out.splitlines()
    assert sent == "7 events sent, 0 left"
    assert refused == "2 events were refused by the server; they are in .timeshare/refused/"


def test_a_sync_that_leaves_something_is_an_error_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    delivered = Delivered(sent=1, left=3, reason="http://127.0.0.1:1 cannot be reached: Connection refused")
    monkeypatch.setattr(sync, "drain", lambda root, timeout: delivered)
    with pytest.raises(UserError, match=r"^http://127\.0\.0\.1:1 cannot be reached: Connection refused$"):
        sync.main(timeout=5)
