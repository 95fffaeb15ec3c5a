"""The README's table, and that the one committed is of the committed run: what a run leaves here is never read."""

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


def test_a_dataset_has_a_column_for_each_metric_that_is_measured_on_it(readme: ModuleType) -> None:
    params = "run: {datasets: [parity, two_words], models: [shared, bag]}"
    summary = {
        "two_words": {"shared": {"accuracy": {"mean": 0.75}, "order_score": {"mean": 0.1}}, "bag": {}},
        "parity": {"shared": {"accuracy": {"mean": 1.0}}, "bag": {"accuracy": {"mean": 0.4891}}},
    }
    assert readme.filled_in("a\n<!-- results -->\nold\n<!-- /results -->\nb\n", params, json.dumps(summary)) == (
        "a\n<!-- results -->\n\n"
        "| model | parity: accuracy | two words: accuracy | two words: order |\n| --- | ---: | ---: | ---: |\n"
        "| shared | 1.000 | 0.750 | 0.100 |\n| bag | 0.489 |  |  |\n"
        "\n<!-- /results -->\nb\n"
    )


@pytest.mark.committed
def test_the_committed_table_is_that_of_the_committed_run(readme: ModuleType) -> None:
    texts = committed("README.md", "params.yaml", "report/summary.json")
    assert texts[0] == readme.filled_in(*texts), "run `python docs/readme.py` and commit README.md"
