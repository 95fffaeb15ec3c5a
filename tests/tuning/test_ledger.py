"""Each job is done once: by one process at a time, and again if that one dies."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from timeshare.core.config.errors import UserError
from timeshare.tuning import ledger as ledger_module
from timeshare.tuning.ledger import Ledger
from timeshare.tuning.settings import Dimension, TuningSettings
from timeshare.tuning.storage import Storage, Workers, storage_errors

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
JOBS = ("0", "1", "2")
SPACE = {"learning_rate": Dimension(low=0.001, high=0.1, log=True), "batch_size": Dimension(low=8, high=64)}
# By the seed 3; whatever the processes, a search must come to these, or choices that are there could not be made again.
DRAWN = {
    "0": {"learning_rate": 0.061276444215630596, "batch_size": 37},
    "1": {"learning_rate": 0.001744940327770416, "batch_size": 52},
    "2": {"learning_rate": 0.0022268748052246, "batch_size": 59},
}
OpenLedger = Callable[..., Ledger]


@pytest.fixture(params=["file", "database"])
def open_ledger(tmp_path: Path, request: pytest.FixtureRequest) -> OpenLedger:
    """Opens one ledger as often as a test likes, as processes of one machine or of several do."""
    address = f"sqlite:///{tmp_path / 'trials.db'}" if request.param == "database" else None

    def open_it(machine: str = "here") -> Ledger:
        return Ledger(Storage(tmp_path / "search", address), "search", True, Workers(tmp_path / machine))

    return open_it


@pytest.fixture
def workers(tmp_path: Path) -> Workers:
    return Workers(tmp_path / "here")


def claimed(ledger: Ledger, worker: str, **options: bool) -> str | None:
    claim = ledger.claim(JOBS, worker, **options)
    return None if claim is None else claim.job


def test_each_job_is_taken_once_and_in_their_order(open_ledger: OpenLedger, workers: Workers) -> None:
    with workers.join() as one, workers.join() as other:
        first, second = open_ledger(), open_ledger()
        assert [claimed(first, one), claimed(second, other), claimed(first, one)] == ["0", "1", "2"]
        assert claimed(second, other) is None


def test_a_job_in_order_waits_for_those_before_it(open_ledger: OpenLedger, workers: Workers) -> None:
    with workers.join() as one, workers.join() as other:
        first, second = open_ledger(), open_ledger()
        claim = first.claim(JOBS, one, in_order=True)
        assert claim is not None
        assert claimed(second, other, in_order=True) is None
        first.record(claim, {"x": 1}, 0.5)
        assert claimed(second, other, in_order=True) == "1"


def test_what_is_done_stays_done(open_ledger: OpenLedger, workers: Workers) -> None:
    with workers.join() as worker:
        for job, value in zip(JOBS, (0.5, None, 0.7), strict=True):
            ledger = open_ledger()
            claim = ledger.claim(JOBS, worker)
            assert claim is not None
            assert claim.job == job
            ledger.record(claim, {"figure": value}, value)
        assert claimed(open_ledger(), worker) is None
    assert open_ledger().outcomes() == {"0": {"figure": 0.5}, "1": {"figure": None}, "2": {"figure": 0.7}}


def died(workers: Workers) -> str:
    """The name of a worker that is no more, as a kill leaves it."""
    joined = workers.join()
    name = joined.__enter__()
    joined.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    return name


def test_a_job_whose_process_died_is_begun_again(open_ledger: OpenLedger, workers: Workers) -> None:
    assert claimed(open_ledger(), died(workers)) == "0"
    with workers.join() as one, workers.join() as other:
        assert [claimed(open_ledger(), one), claimed(open_ledger(), other)] == ["0", "1"]


def test_a_process_that_died_just_after_it_was_done_has_done_it(
    open_ledger: OpenLedger, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, worker = open_ledger(), died(workers)
    claim = ledger.claim(JOBS, worker)
    assert claim is not None
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "_end", lambda *_: None)
        ledger.record(claim, {"x": 1}, 0.5)
    with workers.join() as other:
        assert claimed(open_ledger(), other) == "1"
    assert open_ledger().outcomes() == {"0": {"x": 1}}


def test_who_was_taken_for_dead_records_nothing(open_ledger: OpenLedger, workers: Workers) -> None:
    late = open_ledger()
    claim = late.claim(JOBS, died(workers))
    assert claim is not None
    with workers.join() as other:
        again = open_ledger().claim(JOBS, other)
        assert again is not None
        late.record(claim, {"by": "the dead"}, 0.5)
        open_ledger().record(again, {"by": "the other"}, 0.5)
    assert open_ledger().outcomes() == {"0": {"by": "the other"}}


@pytest.mark.parametrize("open_ledger", ["database"], indirect=True)
def test_a_worker_of_another_machine_is_dead_when_it_has_said_nothing_for_long(
    open_ledger: OpenLedger, tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "_BEAT_SECONDS", 0.01)
    now = [0.0]
    monkeypatch.setattr(ledger_module.time, "monotonic", lambda: now[0])
    there, here = open_ledger("there"), open_ledger("here")
    with Workers(tmp_path / "there").join() as far, workers.join() as near:
        claim = there.claim(JOBS, far)
        assert claim is not None
        assert claimed(here, near) == "1"
        with there.working(claim):
            for left in ("2", None, None):
                now[0] += 200
                heard = there._backend.get_trial(claim.trial_id).user_attrs.get("beat")
                while there._backend.get_trial(claim.trial_id).user_attrs.get("beat") == heard:
                    pass
                assert claimed(here, near) == left
        claimed(here, near)  # hears the last of it
        now[0] += 200
        assert claimed(here, near) is None
        now[0] += 200
        assert claimed(here, near) == "0"


@pytest.mark.parametrize("jobs", [JOBS, ("2", "0")], ids=str)
def test_what_is_drawn_depends_on_the_seed_and_the_job_alone(
    open_ledger: OpenLedger, workers: Workers, jobs: tuple[str, ...]
) -> None:
    ledger, tuning = open_ledger(), TuningSettings(seed=3, space=SPACE)
    with workers.join() as worker:
        for job in jobs:
            claim = ledger.claim([job], worker)
            assert claim is not None
            assert ledger.draw(claim, tuning) == DRAWN[job]


CLAIMING = """
import sys
from pathlib import Path
from timeshare.tuning.ledger import Ledger
from timeshare.tuning.storage import Storage, Workers

folder, address = Path(sys.argv[1]), sys.argv[2] or None
workers = Workers(folder / "workers")
print("ready", flush=True)
sys.stdin.readline()
ledger = Ledger(Storage(folder, address), "search", True, workers)
with workers.join() as worker:
    while claim := ledger.claim([str(number) for number in range(12)], worker):
        ledger.record(claim, {"worker": worker}, 0.0)
        print(claim.job)
"""


@pytest.mark.integration
@pytest.mark.parametrize("database", [False, True], ids=["file", "database"])
def test_processes_that_start_at_once_share_the_jobs(tmp_path: Path, database: bool) -> None:
    check_that_jobs_are_shared(tmp_path, f"sqlite:///{tmp_path / 'trials.db'}" if database else "")


def check_that_jobs_are_shared(folder: Path, address: str) -> None:
    """Let three processes begin at the same moment, with nothing there."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMING, str(folder), address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    done = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        done += output.split()
    assert sorted(done, key=int) == [str(number) for number in range(12)]


def test_a_line_that_a_full_disk_has_torn_takes_nothing_else_with_it(tmp_path: Path, workers: Workers) -> None:
    def opened() -> Ledger:
        return Ledger(Storage(tmp_path, None), "search", True, workers)

    with workers.join() as worker:
        ledger = opened()
        claim = ledger.claim(JOBS, worker)
        assert claim is not None
        ledger.record(claim, {"x": 1}, 0.5)
        with (tmp_path / "trials.log").open("a") as file:
            file.write('{"op_code": 4, "wor')
        assert claimed(opened(), worker) == "1"
    assert opened().outcomes() == {"0": {"x": 1}}


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (None, r"^\.timeshare/tuning: is damaged \(.*\); remove it, and the trials begin anew$"),
        (
            "sqlite:////nonesuch/secret.db",
            r"^tuning\.storage: cannot be used \(.*\); start it, or correct the address$",
        ),
    ],
)
def test_a_storage_that_cannot_be_used_is_one_line(tmp_path: Path, address: str | None, message: str) -> None:
    (tmp_path / "trials.log").write_text("no journal\n{}\n")
    with pytest.raises(UserError, match=message) as refused, storage_errors(address):
        Ledger(Storage(tmp_path, address), "search", True, Workers(tmp_path))
    assert "secret" not in str(refused.value)
