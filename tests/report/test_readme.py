"""The README's tables, and that those committed are of the committed run: what a run leaves here is never read."""

import importlib.util
import json
from types import ModuleType

import pytest

from tests.committed import committed


@pytest.fixture(scope="module")
def readme() -> ModuleType:
    specification = importlib.util.spec_from_file_location("readme", "docs/readme.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_a_table_a_dataset_has_a_column_for_each_metric_that_is_measured(readme: ModuleType) -> None:
    params = "run: {datasets: [parity, words], models: [shared, bag]}"
    summary = {
        "words": {"shared": {"accuracy": {"mean": 0.75}, "shuffle_change": {"mean": 0.1}}, "bag": {}},
        "parity": {
            "shared": {"accuracy": {"mean": 1.0}, "parameters": {"mean": 25346.0}},
            "bag": {"accuracy": {"mean": 0.4891}},
        },
    }
    assert readme.filled_in("a\n<!-- results -->\nold\n<!-- /results -->\nb\n", params, json.dumps(summary)) == (
        "a\n<!-- results -->\n\n"
        "**parity**\n\n| model | accuracy | parameters |\n| --- | ---: | ---: |\n"
        "| shared | 1.000 | 25,346 |\n| bag | 0.489 |  |\n\n"
        "**words**\n\n| model | accuracy | changed by a shuffle |\n| --- | ---: | ---: |\n"
        "| shared | 0.750 | 0.100 |\n| bag |  |  |\n"
        "\n<!-- /results -->\nb\n"
    )


def test_the_committed_tables_are_those_of_the_committed_run(readme: ModuleType) -> None:
    texts = committed("README.md", "params.yaml", "report/summary.json")
    assert texts[0] == readme.filled_in(*texts), "run `python docs/readme.py` and commit README.md"
