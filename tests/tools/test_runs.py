"""`timeshare runs`, `timeshare sync`: what they say of what is recorded."""

import pytest
from timeshare.tracking.members import MemberRun

from timeshare.core.config.errors import UserError
from timeshare.tools import runs, sync
from timeshare.tracking.delivery import Delivered

MEMBERS = [
    MemberRun("parity", "shared", 0, "up to date", "a" * 64, "0123456789abcdef0123456789abcdef"),
    MemberRun("parity", "shared", 1, "stale", "b" * 64, "fedcba9876543210fedcba9876543210"),
    MemberRun("a_dataset_of_a_long_name", "unshared_matched", 999_999_999, "missing", "c" * 64, None),
]


def test_each_member_has_a_line_with_its_state_and_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runs, "load_params", lambda: None)
    monkeypatch.setattr(runs, "member_runs", lambda root, params: MEMBERS)
    runs.main(None)
    printed = capsys.readouterr().out.splitlines()
    for member in MEMBERS:
        fields = (member.dataset, member.model, str(member.seed), member.state, member.run_id or "-")
        (line,) = [line for line in printed if member.dataset in line and f" {member.seed} " in line]
        assert [field.strip() for field in line.strip("│").split("│")] == list(fields)


def test_the_run_of_a_stage_is_its_id_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runs, "run_of_stage", lambda root, stage: f"run of {stage} in {root}")
    runs.main("train@parity-shared-0")
    assert capsys.readouterr().out == "run of train@parity-shared-0 in .\n"


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
