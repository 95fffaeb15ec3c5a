"""The pipeline as DVC runs it: what reruns, and what comes out."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import vl_convert

from tests.pipeline.conftest import Project

pytestmark = [pytest.mark.pipeline, pytest.mark.thorough]

Edit = Callable[[dict[str, Any]], object]


@pytest.fixture
def project(reproduced: Project) -> Iterator[Project]:
    before = reproduced.params()
    yield reproduced
    reproduced.write_params(before)


def would_run(project: Project) -> set[str]:
    preview = project.run("dvc", "repro", "--dry", "--keep-going", check=False)
    # DVC fails on a stage whose input is yet to be made, and names it and what follows from it: they would run too.
    said = [line for line in (preview.stdout + preview.stderr).splitlines() if "didn't change" not in line]
    return {name for line in said for name in re.findall(r"'(\w+@[\w-]+|report|playground)'", line)}


def preview(project: Project) -> tuple[set[str], set[str]]:
    """What `timeshare repro --dry` lists: the stages that are not up to date, and those that may follow from them."""
    stale, _, following = project.run("timeshare", "repro", "--dry").stdout.partition("#")
    return set(stale.split()), set(following.splitlines()[1:])


def test_every_contracted_file_is_there(project: Project) -> None:
    for dataset in ("sentences", "parity", "mine"):
        for name in ("train", "valid", "test", "probes"):
            assert (project.folder / f"data/raw/{dataset}/{name}.parquet").is_file()
        for name in ("vocab.json", "meta.json"):
            assert (project.folder / f"data/prepared/{dataset}/{name}").is_file()
        for model in ("shared", "unshared_matched"):
            for name in ("model.safetensors", "model.json", "metrics.json", "curves.csv"):
                assert (project.folder / f"models/{dataset}/{model}/0/{name}").is_file()
            for name in ("predictions.parquet", "metrics.json"):
                assert (project.folder / f"results/{dataset}/{model}/0/{name}").is_file()
    for name in ("index.html", "summary.json", "metrics.json", "playground.html"):
        assert (project.folder / "report" / name).is_file()


def test_a_second_repro_does_nothing(project: Project) -> None:
    again = project.run("dvc", "repro")
    assert "Running stage" not in again.stdout
    assert "up to date" in again.stdout


def set_in(*path: str, value: Any) -> Edit:
    def edit(params: dict[str, Any]) -> None:
        for key in path[:-1]:
            params = params.setdefault(key, {})
        params[path[-1]] = value

    return edit


DATASETS, MODELS = ("sentences", "parity", "mine"), ("shared", "unshared_matched")


def members(stage: str, dataset: str = "", model: str = "") -> set[str]:
    return {
        f"{stage}@{one}-{other}"
        for one in ([dataset] if dataset else DATASETS)
        for other in ([model] if model else MODELS)
    }


SIZES = {"size@sentences", "size@parity", "size@mine"}
EDITS: dict[str, tuple[Edit, set[str], set[str]]] = {
    # edit: (how, what must run, what else may)
    "a model": (
        set_in("models", "unshared_matched", "dropout", value=0.25),
        {"report", "playground"}.union(
            *(members(stage, model="unshared_matched") for stage in ("tune", "train", "evaluate"))
        ),
        SIZES,
    ),
    "a seed": (
        set_in("run", "seeds", value=[0, 5]),
        members("train") | members("evaluate") | {"report", "playground"},
        set(),
    ),
    "a dataset": (
        set_in("datasets", "parity", "test_size", value=41),
        {"download@parity", "ingest@parity", "prepare@parity", "size@parity", "report", "playground"}
        | members("tune", "parity")
        | members("train", "parity")
        | members("evaluate", "parity"),
        set(),
    ),
    "evaluate": (set_in("evaluate", "batch_tokens", value=9999), members("evaluate") | {"report", "playground"}, set()),
    "report": (set_in("report", "resamples", value=101), {"report", "playground"}, set()),
    "train": (
        set_in("training", "weight_decay", value=0.5),
        members("tune") | members("train") | {"report"},
        {"playground"},
    ),
    "tuning": (set_in("tuning", "trials", value=3), members("tune"), members("train") | {"report", "playground"}),
    "tracking": (set_in("tracking", "uri", value="http://127.0.0.1:9"), set(), set()),
}


@pytest.mark.parametrize(("edit", "must", "may"), EDITS.values(), ids=EDITS)
def test_an_edit_reruns_what_it_touches_and_nothing_else(
    project: Project, edit: Edit, must: set[str], may: set[str]
) -> None:
    params = project.params()
    edit(params)
    project.write_params(params)
    listed = would_run(project)
    assert must <= listed
    assert listed <= must | may
    stale, following = preview(project)
    assert stale <= must | may
    assert must <= stale | following


def test_a_new_seed_trains_alone_and_a_removed_one_is_cleared_away(project: Project) -> None:
    outputs = ("models/parity/shared", "results/parity/shared")
    before = project.bytes_of(*outputs)
    times = {path: (project.folder / path).stat().st_mtime_ns for path in before}

    def trained(*seeds: int) -> set[str]:
        params = project.params()
        params["run"]["seeds"] = list(seeds)
        project.write_params(params)
        said = project.run("dvc", "repro", "evaluate@parity-shared")
        for output in outputs:
            assert {path.name for path in (project.folder / output).iterdir()} == set(map(str, seeds))
        return set(re.findall(r"parity shared (\d+): epoch", said.stdout + said.stderr))

    assert trained(5, 0) == {"5"}
    both = project.bytes_of(*outputs)
    assert both.items() >= before.items()
    assert {path: (project.folder / path).stat().st_mtime_ns for path in before} == times
    assert trained(5) == set()
    # DVC's cache still has what was made of the same.
    assert trained(0, 5) == set()
    assert project.bytes_of(*outputs) == both
    # Whatever ran beside a seed, and before it, its bytes are the same.
    trained(5)
    shutil.rmtree(project.folder / ".timeshare/made")
    assert trained(0, 5) == {"0"}
    assert project.bytes_of(*outputs) == both
    assert trained(0) == set()
    assert project.bytes_of(*outputs) == before


def test_a_clone_with_its_choices_tunes_nothing_and_trains_them(project: Project, tmp_path: Path) -> None:
    """Git has the choices and dvc.lock, and nothing else that was made."""
    clone = project.copy_to(tmp_path / "clone")
    for made in (".dvc/cache", *(f"data/{name}" for name in ("downloads", "raw", "prepared", "sizes")), "models"):
        shutil.rmtree(clone.folder / made)
    kept = clone.bytes_of("tuning")
    assert set(kept) == {f"tuning/{data}/{model}/choice.json" for data in DATASETS for model in MODELS}
    ran = re.findall(r"Running stage '(.+)'", clone.run("dvc", "repro", "train@parity-shared").stdout)
    assert ran == ["download@parity", "ingest@parity", "prepare@parity", "size@parity", "train@parity-shared"]
    assert clone.bytes_of("tuning") == kept
    assert clone.bytes_of("models/parity/shared") == project.bytes_of("models/parity/shared")


def test_an_edit_of_evaluate_trains_nothing(project: Project) -> None:
    params = project.params()
    params["evaluate"]["batch_tokens"] = 9999
    project.write_params(params)
    models = project.bytes_of("models")
    ran = project.run("dvc", "repro", "evaluate@parity-shared").stdout
    assert re.findall(r"Running stage '(.+)'", ran) == ["evaluate@parity-shared"]
    assert project.bytes_of("models") == models
    project.run("git", "checkout", "--quiet", "params.yaml")
    project.run("dvc", "repro", "evaluate@parity-shared")


def test_an_edit_of_the_layers_leaves_the_data_alone(project: Project) -> None:
    source = project.folder / "src/timeshare/nn/layer.py"
    before = source.read_text()
    try:
        source.write_text(before + "\n# edited\n")
        listed = would_run(project)
    finally:
        source.write_text(before)
    assert members("train") | members("evaluate") <= listed
    assert not any(name.startswith(("download", "ingest", "prepare")) for name in listed)


def test_other_words_on_a_question_run_no_study(project: Project) -> None:
    source = project.folder / "src/timeshare/questions/imitation/answer.py"
    before = source.read_text()
    try:
        source.write_text(before + "\n# edited\n")
        ran = project.run("timeshare", "repro", "study@imitation").stdout
    finally:
        source.write_text(before)
    assert re.findall(r"Running stage '(.+)'", ran) == ["study_code"]
    project.run("dvc", "repro", "study@imitation")


@pytest.mark.parametrize(
    ("path", "stages"),
    [("data/files/mine.csv", {"ingest@mine"}), ("data/vectors/README.md", members("tune") | members("train"))],
)
def test_an_edit_of_a_file_of_the_users_own_is_noticed(project: Project, path: str, stages: set[str]) -> None:
    source = project.folder / path
    before = source.read_text()
    try:
        source.write_text(before + "one more row,good\n")
        assert stages <= would_run(project)
    finally:
        source.write_text(before)


def test_a_model_matched_to_another_follows_it(project: Project) -> None:
    params = project.params()
    params["models"]["shared"]["hidden_size"] = 9
    project.write_params(params)
    ran = project.run("dvc", "repro", "size@parity").stdout
    assert "Running stage 'size@parity'" in ran
    assert "train@parity-unshared_matched" in would_run(project)
    project.run("git", "checkout", "--quiet", "params.yaml")
    project.run("dvc", "repro", "size@parity")


def test_a_mistake_in_params_stops_every_stage_with_one_line(project: Project) -> None:
    params = project.params()
    params["training"]["bach_size"] = 3
    project.write_params(params)
    for stage in ("download", "ingest", "prepare", "size"):
        stopped = project.run("timeshare", stage, "parity", check=False)
        assert stopped.returncode == 1
        message = (
            "params.yaml: training.bach_size: unknown key; remove it or correct its spelling (did you mean batch_size?)"
        )
        assert stopped.stderr == f"timeshare {stage}: {message}\n"
    for stage in ("train", "evaluate"):
        stopped = project.run("timeshare", stage, "parity", "shared", check=False)
        assert (stopped.returncode, stopped.stderr.count("\n")) == (1, 1)
    params["run"]["seeds"] = 0
    del params["training"]["bach_size"]
    project.write_params(params)
    stopped = project.run("timeshare", "repro", check=False)
    message = "params.yaml: run.seeds: is 0; give a list"
    assert (stopped.returncode, stopped.stderr) == (1, f"timeshare repro: {message}\n")
    assert (project.folder / "models/parity/shared/0/model.json").is_file()


def test_plots_draw_each_models_curve_in_each_dataset(project: Project, tmp_path: Path) -> None:
    project.run("git", "add", "--force", "report/plots")
    project.run("git", "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "-m", "first")
    for command, revisions in ((("show",), {"workspace"}), (("diff", "HEAD"), {"workspace", "HEAD"})):
        project.run("dvc", "plots", *command, "--out", str(tmp_path / command[0]))
        page = (tmp_path / command[0] / "index.html").read_text()
        specs = [json.loads(spec) for spec in re.findall(r"var spec = (.*);\n", page)]
        assert len(specs) == 4
        for spec in specs:
            assert vl_convert.vegalite_to_vega(spec)["marks"]
            assert spec["spec"]["encoding"]["color"]["field"] == "model"
        points = {(point["rev"], point["dataset"], point["model"]) for point in specs[0]["data"]["values"]}
        assert points == {
            (revision, dataset, model)
            for revision in revisions
            for dataset in ("sentences", "parity", "mine")
            for model in ("shared", "unshared_matched")
        }


def test_an_unknown_member_is_one_line(project: Project) -> None:
    stopped = project.run("timeshare", "train", "parity", "nonesuch", check=False)
    assert stopped.returncode == 1
    assert stopped.stderr.startswith("timeshare train: model 'nonesuch' is not in params.yaml, whose models are shared")


def test_a_second_clean_run_side_by_side_gives_the_same_bytes(
    project: Project, make_project: Callable[[], Project]
) -> None:
    other = make_project()
    other.run("timeshare", "repro", "--jobs", "2")
    folders = ("data/raw", "data/prepared", "data/sizes", "tuning", "models", "results", "studies", "report")
    assert project.bytes_of(*folders) == other.bytes_of(*folders)
    # In another order: an entry is written when its stage is done.
    assert other.lock() == project.lock()
    assert "up to date" in other.run("dvc", "repro").stdout


def test_a_member_that_fails_stops_its_dependents_alone(make_project: Callable[[], Project]) -> None:
    project = make_project()
    (project.folder / "data/files/mine.csv").write_text("text,label\nonly one class,good\n" * 9)
    stopped = project.run("timeshare", "repro", "--jobs", "2", "prepare@mine", "prepare@parity", check=False)
    assert stopped.returncode == 1
    assert "left out, for they need what failed: prepare@mine\n" in stopped.stderr
    assert (project.folder / "data/prepared/parity/meta.json").exists()
    assert not (project.folder / "data/raw/mine").exists()
