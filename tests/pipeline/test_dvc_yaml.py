"""dvc.yaml names the code that each stage imports: neither less (stale results) nor more (needless reruns)."""

import subprocess
from pathlib import Path

import grimp
import pytest
import yaml

SOURCE = Path("src")
STAGES = yaml.safe_load(Path("dvc.yaml").read_text())["stages"]
QUESTIONS = SOURCE / "timeshare/questions"
STUDY_CODE = STAGES.pop("study_code")
# Code that cannot change what a stage writes: the dispatcher, what draws progress bars, tracking, which mirrors outputs
# and feeds none, what tells it of origins, names and pictures, and a notice.
WITHOUT_EFFECT = (
    "timeshare.cli",
    "timeshare.stopping",
    "timeshare.pipeline.members",
    "timeshare.pipeline.commit",
    "timeshare.pipeline.recorded",
    "timeshare.pipeline.unwatched",
    "timeshare.pipeline.pictured",
    "timeshare.pipeline.variation",
    "timeshare.tracking",
    "timeshare.core.terminal",
    "timeshare.prepare.progress",
    # It says which code belongs to a study's name.
    "timeshare.questions.table",
)
# A download is what its source and its hash say; fetching it anew for an edit of any other code would need a network
# for nothing.
OF_DOWNLOAD = {
    SOURCE / "timeshare/pipeline/download.py",
    *(SOURCE / f"timeshare/sources/{name}/download.py" for name in ("huggingface", "hutto_gilbert")),
}


# What a stage imports of each question by name, when it asks it.
OF_QUESTIONS = {"report": "answer", "study": "study"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    graph = grimp.build_graph("timeshare", cache_dir=None, exclude_type_checking_imports=True)
    for module in [module for module in graph.modules if module.startswith(WITHOUT_EFFECT)]:
        graph.remove_module(module)
    return graph


def file_of(module: str) -> Path:
    path = SOURCE / Path(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def imported_files(graph: grimp.ImportGraph, stage: str) -> set[Path]:
    starts = {f"timeshare.pipeline.{stage}"}
    if stage in OF_QUESTIONS:
        starts |= graph.find_matching_modules(f"timeshare.questions.*.{OF_QUESTIONS[stage]}")
    modules = starts.union(*(graph.find_upstream_modules(start) for start in starts))
    # Importing a.b.c runs a/__init__ and a.b/__init__ too, and what those import.
    parents = {module.rpartition(".")[0] for module in modules} - {""}
    for parent in parents:
        modules |= {parent, *graph.find_upstream_modules(parent)} if parent in graph.modules else set()
    files = {file_of(module) for module in modules}
    if stage == "download":
        files &= OF_DOWNLOAD
    return {file for file in files if file.stat().st_size and file != SOURCE / "timeshare/__init__.py"}


@pytest.mark.parametrize("stage", STAGES)
def test_the_code_named_is_the_code_imported(graph: grimp.ImportGraph, stage: str) -> None:
    named = [Path(dep) for dep in STAGES[stage]["deps"] if dep.startswith("src/")]
    imported = imported_files(graph, stage)
    if "data/study_code" in STAGES[stage]["deps"]:
        imported = {file for file in imported if QUESTIONS not in file.parents}
    missing = {str(file) for file in imported if not any(file == dep or dep in file.parents for dep in named)}
    needless = {str(dep) for dep in named if not any(file == dep or dep in file.parents for file in imported)}
    assert (missing, needless) == (set(), set())


def test_what_the_studies_import_of_the_questions_is_what_they_are_run_again_for(
    graph: grimp.ImportGraph, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "src").symlink_to(SOURCE.absolute())
    subprocess.run(STUDY_CODE["cmd"], shell=True, cwd=tmp_path, check=True)
    said = (tmp_path / STUDY_CODE["outs"][0]).read_text().splitlines()
    read = {Path(line.partition(":")[0]) for line in said}
    assert {file for file in imported_files(graph, "study") if QUESTIONS in file.parents} <= read
    assert not {"answer.py", "figure.py", "table.py"} & {file.name for file in read}
