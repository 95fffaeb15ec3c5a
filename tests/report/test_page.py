"""The page: whole in itself, safe with any name in the data, and the same for the same results."""

import base64
import hashlib
import html.parser
import json
import re
import shutil
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.report.fixture import make_params, write_tree
from timeshare.core.artifacts import read_json, write_json
from timeshare.params import Params
from timeshare.pipeline.report import build
from timeshare.questions.asking import sections
from timeshare.report.page import render
from timeshare.report.reading import read_results

pytestmark = pytest.mark.integration

MARKUP = "<img src=x onerror=alert(1)></script><script>alert(2)</script>`'\"&"

RULE = "</script><script>alert(3)</script><!--<script>"


class Elements(html.parser.HTMLParser):
    """Collects a page's elements, and the text of its scripts by id."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script" and self.cdata_elem == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)


@pytest.fixture(scope="session")
def report(tree: Path, params: Params, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    build(params, tree, folder)
    return folder


@pytest.fixture(scope="session")
def page(report: Path) -> str:
    return (report / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def elements(page: str) -> Elements:
    return Elements(page)


def test_the_files_of_a_report(report: Path) -> None:
    assert sorted(path.relative_to(report).as_posix() for path in report.rglob("*") if path.is_file()) == [
        "index.html",
        "metrics.json",
        "plots/curves.csv",
        "plots/length.csv",
        "plots/order.csv",
        "summary.json",
    ]
    assert (report / "index.html").stat().st_size < 5_000_000


def test_equal_results_in_another_place_give_equal_bytes(
    report: Path, tree: Path, params: Params, tmp_path: Path
) -> None:
    shutil.copytree(tree, tmp_path / "elsewhere")
    target = tmp_path / "report"
    target.mkdir()
    build(params, tmp_path / "elsewhere", target)
    for path in report.rglob("*"):
        if path.is_file():
            assert (target / path.relative_to(report)).read_bytes() == path.read_bytes(), path.name


def test_nothing_is_fetched(elements: Elements) -> None:
    addresses = [
        value or ""
        for _, attributes in elements.found
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "action", "data", "poster")
    ]
    # The one page beside this one is fetched only if its link is followed.
    assert all(address.startswith(("#", "data:,")) for address in addresses if address != "playground.html")
    assert not {"iframe", "object", "embed", "base", "form"} & {tag for tag, _ in elements.found}


def test_the_policy_allows_the_pages_own_script_alone(page: str, elements: Elements) -> None:
    policy = next(a["content"] for tag, a in elements.found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    allowed = set(re.findall(r"sha256-[^']+", policy))
    code = [text for attributes, text in elements.scripts if attributes.get("type") != "application/json"]
    hashes = {"sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in code}
    assert hashes == allowed
    assert "unsafe-eval" not in policy
    assert "@import" not in page.partition("<script")[0]
    assert "url(" not in page.partition("<script")[0]


def test_each_figure_has_its_specification_and_its_numbers(elements: Elements) -> None:
    figures = [a["data-figure"] for tag, a in elements.found if "data-figure" in a]
    specs = {a["id"]: json.loads(text) for a, text in elements.scripts if a.get("type") == "application/json"}
    assert len(figures) == len(set(figures)) >= 11
    for figure in figures:
        spec = specs[f"spec-{figure}"]
        assert spec["width"] == "container"
        assert spec["description"]
        assert all(records for records in spec["datasets"].values())
    ids = Counter(a["id"] for _, a in elements.found if "id" in a)
    assert {name for name, times in ids.items() if times > 1} == set()
    assert set(specs["configs"]) == {"light", "dark"}


def test_every_link_has_its_target(elements: Elements) -> None:
    ids = {a["id"] for _, a in elements.found if "id" in a}
    links = {(a["href"] or "")[1:] for tag, a in elements.found if tag == "a" and a["href"] != "playground.html"}
    assert links <= ids
    assert {"answers", "dataset-parity", "statistics", "params-run", "params-models"} <= links
    assert {"Q1", "Q6"} <= ids


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of results whose names are markup, wherever a name is free text."""
    root = tmp_path_factory.mktemp("hostile")
    params = make_params(datasets=("sentences",), models=("shared",), seeds=(0,), resamples=10)
    write_tree(root, params)
    folder = root / "results/sentences/shared/0"
    write_json(folder / "metrics.json", read_json(folder / "metrics.json") | {MARKUP: 0.5})
    (folder / "lengths.csv").write_text(
        f'rule,length,rows,correct,constant\n,1,1,1,1\n"{MARKUP.replace(chr(34), "")}",9,1,1,1\n'
    )
    (folder / "states.csv").write_text(f"group,place,step,token,distance,x,y\nweekdays,0,1,{RULE},,0.1,0.2\n")
    texts = {"id": [f"t{number}" for number in range(6)], "text": [MARKUP] * 6, "label": ["drink"] * 6}
    pq.write_table(pa.table(texts), root / "data/raw/sentences/test.parquet")
    build(params, root, root)
    return (root / "index.html").read_text(encoding="utf-8")


def test_names_from_the_data_are_text(hostile: str) -> None:
    found = Elements(hostile)
    assert "img" not in {tag for tag, _ in found.found}
    assert not any("onerror" in attributes for _, attributes in found.found)
    assert "&lt;img src=x" in hostile


def test_specifications_cannot_end_their_script(hostile: str) -> None:
    found = Elements(hostile)
    assert len([1 for attributes, _ in found.scripts if attributes.get("type") != "application/json"]) == 1
    specs = {attributes["id"]: json.loads(text) for attributes, text in found.scripts if "id" in attributes}
    tokens = {one["token"] for one in specs["spec-states-shared-sentences-weekdays"]["datasets"]["states"]}
    assert tokens == {RULE}


def test_an_empty_figure_is_left_out(tmp_path: Path) -> None:
    params = make_params(datasets=("movie_reviews",), models=("bag_of_words",), seeds=(0,), resamples=10)
    write_tree(tmp_path, params)
    build(params, tmp_path, tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert 'data-figure="order-movie_reviews"' not in page
    # Those that this run cannot answer are there too, folded.
    listed = re.findall(r'<span class="number">(Q\d+)</span>', page)
    assert sorted(listed) == sorted(f"Q{number}" for number in range(1, 19))
    assert "Not measured by this run" in page
    assert "<code>dvc exp run -S &#39;run.studies=[memory]&#39;</code> answers it." in page


def test_a_study_that_the_run_left_out_is_said_to_be(tmp_path: Path) -> None:
    params = make_params(datasets=("parity",), models=("shared",), seeds=(0,), studies=("memory",), resamples=10)
    write_tree(tmp_path, params)
    shutil.rmtree(tmp_path / "studies/memory")
    build(params, tmp_path, tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "the run left out <code>memory</code>; <code>timeshare repro study@memory report</code> answers it" in page


def test_of_the_users_own_data_the_studies_of_other_data_stand_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = make_params(datasets=("parity",), studies=("memory", "padding"), resamples=10)
    write_tree(tmp_path, params)
    build(params, tmp_path, tmp_path)
    assert "not on yours" not in (tmp_path / "index.html").read_text(encoding="utf-8")
    monkeypatch.setattr(Params, "own_datasets", ("parity",))
    build(params, tmp_path, tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    own, apart = page.partition("<main>")[2].partition("not on yours</h2>")[::2]
    answered = [re.findall(r'<article id="(Q\d+)"', part) for part in (own, apart)]
    assert {"Q1", "Q2"} <= set(answered[0])
    assert {"Q5", "Q9"} == set(answered[1])
    assert "snowed on Monday" not in page


@pytest.mark.parametrize("playground", [None, {}], ids=["none", "made"])
def test_a_page_to_play_with_is_linked_from_the_first_screen_where_there_is_one(
    tree: Path, playground: dict[str, str] | None
) -> None:
    results = read_results(make_params(resamples=10, playground=playground), tree)
    first_screen = render(results, sections(results)).partition("<main>")[0]
    assert ('href="playground.html"' in first_screen) == (playground is not None)
