"""The examples run, show what they say they show, and need torch and timeshare.nn alone."""

import ast
import runpy
from pathlib import Path
from typing import Any

import pytest
import torch

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("*.py"))


def run(name: str) -> Any:
    before = torch.random.get_rng_state()
    try:
        return runpy.run_path(str(ROOT / "examples" / name))["main"]()
    finally:
        torch.random.set_rng_state(before)


def test_a_loop_of_ones_own_learns_a_rule_that_alternates(capsys: pytest.CaptureFixture[str]) -> None:
    found = run("training_loop.py")
    assert found["periodic"][0] > 0.97
    assert found["periodic"][1] > 0.95
    assert found["unshared"][0] > 0.95
    assert found["unshared"][1] < 0.8
    assert found["shared"][1] < 0.8
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed[1:]] == ["shared", "periodic", "unshared"]


def test_one_net_is_evaluated_under_each_rule() -> None:
    found = run("beyond_the_extent.py")
    trained = (2, 4, 6)
    assert [found["hold"][length] for length in trained] == [found["error"][length] for length in trained]
    assert [found["hold"][length] for length in trained] == [found["cycle"][length] for length in trained]
    assert all(found["hold"][length] > 0.95 for length in trained)
    for length in (8, 10, 12):
        assert found["cycle"][length] > found["hold"][length]
        assert found["error"][length] is None


def test_the_imitating_net_gives_the_same_answers() -> None:
    found = run("imitation.py")
    assert found["accuracy"] > 0.95
    assert found["difference"] < 1e-12


def test_each_kind_of_series_has_its_sharing() -> None:
    found = run("time_series.py")
    assert min(found, key=lambda scheme: found[scheme]["cycle"]) == "periodic"
    assert min(found, key=lambda scheme: found[scheme]["drift"]) != "shared"
    assert found["unshared"]["drift"] < found["shared"]["drift"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_imports_the_library_alone_and_is_in_the_docs(name: str) -> None:
    tree = ast.parse((ROOT / "examples" / name).read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert modules <= {"torch", "timeshare.nn"}
    assert f"(../examples/{name})" in (ROOT / "docs" / "layers.md").read_text(encoding="utf-8")
