"""What pyproject.toml installs is what the code imports."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.packages import installed

_PROJECT = tomllib.loads(Path("pyproject.toml").read_text())["project"]
_EXTRAS = {
    extra: {Requirement(line).name for line in lines} for extra, lines in _PROJECT["optional-dependencies"].items()
}


def imported(files: Iterable[Path]) -> set[str]:
    """Top-level packages that the files import anywhere, in functions too."""
    names: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    return names


def test_the_peers_of_the_benchmarks_are_the_extra_and_nothing_else_imports_them() -> None:
    always = {Requirement(line).name for line in _PROJECT["dependencies"]} | _EXTRAS["pipeline"]
    assert imported(Path("benchmarks").glob("*.py")) >= _EXTRAS["bench"]
    assert _EXTRAS["bench"].isdisjoint(always)
    # One of them is what a source of its own needs.
    assert (_EXTRAS["bench"] - _EXTRAS["huggingface"]).isdisjoint(imported(Path("src").rglob("*.py")))


@pytest.mark.parametrize("extra", ["excel", "huggingface", "postgres"])
def test_what_an_extra_reads_is_tested_wherever_the_lock_is_installed(extra: str) -> None:
    locked = {Requirement(line).name for line in Path("requirements.lock").read_text().splitlines()}
    assert _EXTRAS[extra] <= _EXTRAS["dev"] & locked


@pytest.mark.parametrize("extra", ["bench", "excel", "huggingface", "pipeline", "postgres"])
def test_an_extra_says_from_which_version_on(extra: str) -> None:
    for line in _PROJECT["optional-dependencies"][extra]:
        assert Requirement(line).specifier, line


_LAYERS_AT_WORK = """
import importlib.util, sys, warnings
warnings.simplefilter("ignore")  # torch's, that NumPy is not there
import torch
from timeshare.nn import TimeGRU, TimeLSTM, TimeRNN
from timeshare.nn.schemes import SCHEMES

given = {"num_sets": 2, "extent": 40, "scale": 9.0}
for layer in (TimeLSTM, TimeGRU, TimeRNN):
    for name, scheme in SCHEMES.items():
        net = layer(48, 64, sharing=name, **{key: value for key, value in given.items() if key in scheme.reads})
        output, _ = net(torch.randn(50, 3, 48), torch.tensor([50, 1, 7]))
        output.sum().backward()
        assert all(parameter.grad is not None for parameter in net.parameters()), name
assert importlib.util.find_spec("numpy") is None
assert not {"pydantic", "lightning", "mlflow"} & set(sys.modules)
"""


@pytest.mark.integration
def test_a_wheel_gives_the_layers_with_torch_alone(tmp_path: Path) -> None:
    """And of the command, one line that says what it lacks."""
    source = tmp_path / "source"
    shutil.copytree("src", source / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__", "params.yaml"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(name, source)
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    options = ("--no-deps", "--no-index", "--no-build-isolation")
    subprocess.run([*pip, "wheel", *options, "--wheel-dir", tmp_path, source], check=True)
    (wheel,) = tmp_path.glob("timeshare-*.whl")
    packages = installed(["torch"], tmp_path / "packages")
    with zipfile.ZipFile(wheel) as archive:  # as pip does
        archive.extractall(packages)

    def python(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-S", *arguments]
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(packages),
            "XDG_CACHE_HOME": str(tmp_path / "made"),
        }
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)

    done = python("-c", _LAYERS_AT_WORK)
    assert done.returncode == 0, done.stderr
    if shutil.which("cc"):
        assert list((tmp_path / "made").rglob("*.so"))
    refused = python("-m", "timeshare", "report")
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "[pipeline]" in refused.stderr
    assert python("-m", "timeshare", "--help").returncode == 0


def test_nothing_leads_pip_to_an_index_for_this_package() -> None:
    """Its name is anybody's there: what is installed is a folder, a wheel or a repository."""
    named = re.compile(r"pip install[^`\n]*?(?<![\w/.-])timeshare(?![\w/-])[^`\n]*")
    for file in [*Path().glob("*.md"), *Path("docs").rglob("*.md"), *Path("src").rglob("*.py")]:
        for line in named.findall(file.read_text(encoding="utf-8")):
            assert "git+" in line or ".whl" in line, f"{file}: {line}"
