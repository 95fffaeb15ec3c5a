"""`timeshare repro --cluster` with processes of the engine: equal results, whoever is killed or away."""

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.tools.cluster.conftest import ROOT, Cluster, Gated, Head, wait_until

pytest.importorskip("distributed", reason="is for the extra cluster")
pytestmark = [pytest.mark.integration, pytest.mark.thorough]

ByHand = Callable[[], dict[str, Any]]


def commands_of(worker: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """What a worker runs."""
    return psutil.Process(worker.pid).children(recursive=True)


def test_two_workers_make_what_one_machine_does(cluster: Cluster, gated: Gated, by_hand: ByHand) -> None:
    (gated.project.folder / "notes").write_text("not committed")
    cluster.add_worker()
    cluster.add_worker()
    head = Head(gated.project, "repro", "--cluster", cluster.address)
    wait_until(lambda: gated.has_begun("one") and gated.has_begun("two"))
    lock = by_hand()
    said = head.ends_well()
    assert gated.lock == lock
    assert (gated.project.folder / "sum").read_text() == "3\none\n3\ntwo\n"
    assert "workers are sent what is not committed, too: notes, over commit " in said
    assert Head(gated.project, "repro", "--cluster", cluster.address).ends_well().count("didn't change") == 4


def test_a_killed_worker_loses_its_command_and_nothing_else(cluster: Cluster, gated: Gated, by_hand: ByHand) -> None:
    workers = [cluster.add_worker(), cluster.add_worker()]
    head = Head(gated.project, "repro", "--cluster", cluster.address)
    wait_until(lambda: gated.has_begun("one") and gated.has_begun("two"))
    orphans = commands_of(workers[0])
    workers[0].send_signal(signal.SIGKILL)
    wait_until(lambda: not any(orphan.is_running() for orphan in orphans))
    lock = by_hand()
    said = head.ends_well()
    assert gated.lock == lock
    assert said.count(" runs on tcp://") == 5, "one of the four stages ran twice"


def test_a_killed_head_takes_up_what_runs(cluster: Cluster, gated: Gated, by_hand: ByHand) -> None:
    cluster.add_worker()
    head = Head(gated.project, "repro", "--cluster", cluster.address)
    wait_until(lambda: gated.has_begun("one") or gated.has_begun("two"))
    begun = "one" if gated.has_begun("one") else "two"
    head.process.kill()
    head.process.wait()
    assert set(gated.lock) == {"raw"}, "what was done is on record"
    lock = by_hand()
    said = Head(gated.project, "repro", "--cluster", cluster.address).ends_well()
    assert gated.lock == lock
    assert "raw: runs on " not in said
    assert f"fit@{begun}: was left at a worker, and is taken up again" in said


def test_what_a_former_head_left_is_ended_when_it_is_not_wanted(cluster: Cluster, gated: Gated) -> None:
    worker = cluster.add_worker()
    head = Head(gated.project, "repro", "fit@one", "--cluster", cluster.address)
    wait_until(lambda: gated.has_begun("one"))
    left = commands_of(worker)
    head.process.kill()
    head.process.wait()
    pipeline = gated.project.folder / "dvc.yaml"
    pipeline.write_text(pipeline.read_text().replace("touch ", "true "))
    head = Head(gated.project, "repro", "fit@one", "--cluster", cluster.address)
    wait_until(lambda: not any(command.is_running() for command in left))
    gated.open()
    assert "taken up" not in head.ends_well()


def test_a_remote_that_is_away_is_waited_for(cluster: Cluster, gated: Gated, by_hand: ByHand, tmp_path: Path) -> None:
    cluster.add_worker()
    head = Head(gated.project, "repro", "--cluster", cluster.address)
    wait_until(lambda: gated.has_begun("one") or gated.has_begun("two"))
    store = tmp_path / "store"
    away = store.rename(store.with_name("away"))
    store.write_text("in the way")
    lock = by_hand()
    head.says("the DVC remote store cannot be written")
    store.unlink()
    away.rename(store)
    head.ends_well()
    assert gated.lock == lock


def test_a_worker_that_joins_takes_what_waits(cluster: Cluster, gated: Gated) -> None:
    cluster.add_worker()
    head = Head(gated.project, "repro", "--cluster", cluster.address)
    wait_until(lambda: gated.has_begun("one") or gated.has_begun("two"))
    cluster.add_worker()
    wait_until(lambda: gated.has_begun("one") and gated.has_begun("two"))
    gated.open()
    head.ends_well()


def test_a_worker_with_other_packages_is_refused(cluster: Cluster, gated: Gated, tmp_path: Path) -> None:
    gated.open()
    other = tmp_path / "packages/optuna-0.1.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: optuna\nVersion: 0.1\n")
    cluster.add_worker(PYTHONPATH=f"{other.parent}:{ROOT / 'src'}")
    head = Head(gated.project, "repro", "raw", "--cluster", cluster.address)
    head.says(" is refused, for its packages are others: optuna 0.1 there, ")
    cluster.add_worker()
    assert head.ends_well().count(" is refused") == 1
    assert (gated.project.folder / "raw/numbers").exists()


def test_a_command_that_fails_leaves_out_what_needs_it(cluster: Cluster, gated: Gated) -> None:
    gated.open()
    pipeline = gated.project.folder / "dvc.yaml"
    pipeline.write_text(pipeline.read_text().replace("touch ", "test ${item.name} = two || exit 3; touch "))
    cluster.add_worker()
    head = Head(gated.project, "repro", "--cluster", cluster.address)
    assert head.process.wait(100) == 1
    assert set(gated.lock) == {"raw", "fit@two"}
    said = head.said.splitlines()
    assert "left out, for they need what failed: sum" in said
    assert said[-1].startswith("fit@one: on tcp://")
    assert "exited with 3" in said[-1]


@pytest.mark.parametrize(
    ("prepare", "says"),
    [
        (("true",), "--cluster tcp://127.0.0.1:9: no scheduler answers there"),
        (("dvc", "remote", "remove", "store"), "the project has none; `dvc remote add --default NAME URL`"),
        (("mv", ".dvc/config", ".dvc/config.local"), "is named in .dvc/config.local, which stays here"),
        (("rm", "-rf", ".git"), "is in no git repository"),
    ],
    ids=["no scheduler", "no remote", "a remote of this machine", "no commit"],
)
def test_what_is_in_the_way_is_one_line(gated: Gated, prepare: tuple[str, ...], says: str) -> None:
    gated.run(*prepare)
    head = Head(gated.project, "repro", "--cluster", "tcp://127.0.0.1:9")
    assert head.process.wait(100) == 1
    last = head.said.splitlines()[-1]
    assert last.startswith("timeshare repro: ")
    assert says in last
