"""A source from a file outside the package, as docs/extending.md shows it, and names that lead to none."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.extending import named
from tests.tiny import PARAMS_TEXT
from timeshare.core.artifacts import read_json
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.store import PreparedData
from timeshare.params import Params, load_params
from timeshare.prepare.prepare import prepare
from timeshare.sources.ingest import ingest

ROOT = Path.cwd()
SHOWN = named("A source")
CONTENT = yaml.safe_load(PARAMS_TEXT)


@pytest.fixture(autouse=True)
def _in_a_project_with_coins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    # Without this checkout's folder, whose data/files is its user's.
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry not in ("", str(ROOT))])
    Path("coins.py").write_text(SHOWN["coins.py"])
    yield
    for module in ("coins", "broken", "needy", "data", "data.files", "data.files.coins"):
        sys.modules.pop(module, None)


WRONG = ({"toses": 3}, {"source": "coin:COINS"}, {"source": "coins:COIN"}, {"source": "coins:CoinSettings"})


def load(**entry: Any) -> Params:
    """The tests' params.yaml with the page's dataset, changed."""
    own = yaml.safe_load(SHOWN["params.yaml"])["datasets"]["coins"] | entry
    datasets = CONTENT["datasets"] | {"coins": own}
    Path("params.yaml").write_text(yaml.safe_dump(CONTENT | {"datasets": datasets}))
    return load_params()


def test_the_example_is_made_and_prepared_as_any_source() -> None:
    params = load()
    assert params.training_for("coins", "shared").max_epochs == 5
    for folder in ("raw", "prepared"):
        Path(folder).mkdir()
    ingest("coins", params.dataset("coins"), Path("raw"))
    prepare(Path("raw"), Path("prepared"), params.prepare_for("coins"))
    data = PreparedData.open(Path("prepared"))
    assert (data.meta["tokeniser"], data.meta["classes"]) == ("whitespace", ["heads", "tails"])
    assert {name: set(split.lengths().tolist()) for name, split in data.splits.items()} == {
        "train": {8},
        "valid": {8},
        "test": {8},
        "probes": {16},
    }


@pytest.mark.integration
def test_in_the_package_it_is_one_folder_and_one_line_of_the_table(tmp_path: Path) -> None:
    package = Path(shutil.copytree(ROOT / "src/timeshare", tmp_path / "copy/timeshare", symlinks=True))
    code = (
        SHOWN["coins.py"]
        .replace("COINS = Source", "SOURCE = Source")
        .replace(
            '    """Tosses of a coin."""\n',
            '    """Tosses of a coin."""\n\n    source: Literal["coins"] = Field(description=WHERE_FROM)',
        )
    )
    imports = "from typing import Literal\nfrom timeshare.sources.source import WHERE_FROM\n"
    (package / "sources/coins").mkdir()
    (package / "sources/coins/__init__.py").write_text(imports + code)
    table = package / "sources/table.py"
    line = '    "files": files.SOURCE,\n'
    text = table.read_text().replace(line, line + '    "coins": coins.SOURCE,\n')
    table.write_text(text.replace("from timeshare.sources import files", "from timeshare.sources import coins, files"))
    Path("coins.py").unlink()
    entry = {"source": "coins", "tosses": 8}
    Path("params.yaml").write_text(yaml.safe_dump(CONTENT | {"datasets": CONTENT["datasets"] | {"coins": entry}}))
    script = """
from pathlib import Path
from timeshare.params import load_params, schema
from timeshare.sources.ingest import ingest
ingest("coins", load_params().dataset("coins"), Path("copy"))
print(schema.files()["params.md"])
"""
    page = subprocess.check_output(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(package.parent)}, text=True
    )
    assert "`datasets`, `source: coins`" in page
    assert "| `tosses` | whole number, 1 or more | `6` | tosses in a text |" in page
    assert read_json(Path("copy/schema.json"))["classes"] == ["heads", "tails"]


def test_its_settings_are_written_as_they_were_stated() -> None:
    # The report shows them so.
    written = load().model_dump(mode="json", exclude_unset=True)["datasets"]["coins"]
    assert written == {"source": "coins:COINS", "tosses": 8, "training": {"max_epochs": 5}}


@pytest.mark.parametrize(
    ("entry", "line"),
    list(zip(WRONG, SHOWN["messages"].splitlines(), strict=True)),
    ids=str,
)
def test_the_messages_shown_are_those_given(entry: dict[str, Any], line: str) -> None:
    with pytest.raises(UserError) as caught:
        load(**entry)
    assert str(caught.value) == line


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ({"tosses": 0}, "datasets.coins.tosses: is 0; give 1 or more"),
        ({"training": {"max_epochs": "many"}}, "datasets.coins.training.max_epochs: is 'many'; give a whole number"),
        (
            {"source": "coins.py:COINS"},
            "datasets.coins.source: is 'coins.py:COINS'; give module:NAME, as in coins:COINS",
        ),
        ({"source": "a b:C"}, "datasets.coins.source: is 'a b:C'; give module:NAME, as in coins:COINS for COINS of"),
        ({"source": ":"}, "datasets.coins.source: is ':'; give module:NAME"),
        ({"source": "broken:X"}, "datasets.coins.source: module broken cannot be imported (SyntaxError: "),
        (
            {"source": "needy:X"},
            "datasets.coins.source: module needy cannot be imported (No module named 'absent')",
        ),
    ],
    ids=str,
)
def test_what_is_wrong_is_one_line_that_names_the_key(entry: dict[str, Any], line: str) -> None:
    Path("broken.py").write_text("X = (\n")
    Path("needy.py").write_text("import absent\n")
    with pytest.raises(UserError) as caught:
        load(**entry)
    assert str(caught.value).startswith(f"params.yaml: {line}")
    assert "\n" not in str(caught.value)


def test_a_module_may_stand_in_a_folder_that_dvc_watches() -> None:
    Path("data/files").mkdir(parents=True)
    Path("coins.py").rename("data/files/coins.py")
    assert load(source="data.files.coins:COINS").dataset("coins").source == "data.files.coins:COINS"


def test_a_study_takes_a_source_that_downloads_nothing() -> None:
    study = {"study": "next_token", "data": {"source": "coins:COINS"}}
    content = CONTENT | {"studies": CONTENT["studies"] | {"next": study}}
    Path("params.yaml").write_text(yaml.safe_dump(content))
    assert load_params().study("next").data.source == "coins:COINS"
    Path("coins.py").write_text(SHOWN["coins.py"].replace('tokeniser="whitespace"', "download=print"))
    sys.modules.pop("coins")
    with pytest.raises(UserError, match=r"studies\.next\.data\.source: coins:COINS downloads, and studies do not"):
        load_params()
