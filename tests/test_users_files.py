"""What a user edits and a run writes in this checkout is out of the tests' reach."""

import pytest

from tests.committed import ROOT


@pytest.mark.parametrize("name", ["params.yaml", "dvc.lock", "report/summary.json", "models", "tuning/parity"])
def test_it_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match="is the user's"):
        (ROOT / name).read_text(encoding="utf-8")
    monkeypatch.chdir(ROOT)
    with pytest.raises(AssertionError, match="is the user's"):
        open(name, encoding="utf-8")  # noqa: PTH123, SIM115
