"""Nothing that is read is executed, and nothing that is shown is taken for markup."""

import ast
import html.parser
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trust.conftest import PARAMS, ROOT, STAGES, Server, make_due, write_params

SOURCES = sorted((ROOT / "src").rglob("*.py"))

# What executes, or may execute, what it reads: modules not to import, and calls not to make.
MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
CALLS = {
    *("eval", "exec", "os.system", "os.popen", "torch.load", "torch.hub.load", "torch.jit.load", "np.fromregex"),
    *("yaml.unsafe_load", "yaml.full_load", "yaml.load_all", "pd.read_pickle", "pandas.read_pickle"),
    *("tar.extractall", "tar.extract", "shutil.unpack_archive", "load_from_checkpoint", "add_safe_globals"),
}


def dangers(source: str) -> Iterator[str]:
    """What in a module could execute data, or leave the folder that it should write to."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from names & CALLS
            if str(node.module).partition(".")[0] in MODULES:
                yield str(node.module)
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            if name in CALLS or name.rpartition(".")[2] in ("load_from_checkpoint", "extractall"):
                yield name
            elif name in ("np.load", "numpy.load") and keywords.get("allow_pickle") != "False":
                yield f"{name} without allow_pickle=False"
            elif name == "yaml.load" and not issubclass_of_safe_loader(source, keywords.get("Loader", "")):
                yield "yaml.load without a SafeLoader"
            elif keywords.get("shell", "False") != "False":
                yield f"{name} with a shell"
            elif keywords.get("trust_remote_code", "False") != "False" or keywords.get("weights_only") == "False":
                yield f"{name} that trusts what it loads"


def issubclass_of_safe_loader(source: str, name: str) -> bool:
    """Whether a module defines this class as a SafeLoader of PyYAML's, or names one itself."""
    if name in ("yaml.SafeLoader", "yaml.CSafeLoader"):
        return True
    classes = {node.name: node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)}
    return name in classes and "SafeLoader" in ast.unparse(classes[name].bases[0])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_no_source_file_executes_what_it_reads(path: Path) -> None:
    assert list(dangers(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "from torch import load\nfrom torch.hub import load",
        "torch.load('x')",
        "torch.load('x', weights_only=True)",
        "np.load('x')",
        "np.load('x', allow_pickle=True)",
        "yaml.load(text)",
        "yaml.load(text, Loader=yaml.Loader)",
        "class Loader(yaml.Loader): pass\nyaml.load(text, Loader=Loader)",
        "yaml.unsafe_load(text)",
        "eval('1')",
        "subprocess.run('ls', shell=True)",
        "os.system('ls')",
        "archive.extractall()",
        "Module.load_from_checkpoint('x')",
        "AutoModel.from_pretrained('x', trust_remote_code=True)",
    ],
)
def test_the_search_finds_what_it_is_for(source: str) -> None:
    assert list(dangers(source))


@pytest.mark.pipeline
@pytest.mark.parametrize("stage", STAGES, ids="-".join)
def test_no_stage_unpickles_anything(server: Server, project: Path, stage: tuple[str, ...]) -> None:
    make_due(project, stage)
    # Python announces every name that a pickle asks for.
    ended = server.run(project, *stage, event="pickle.find_class")
    assert (ended.status, ended.events) == (0, 0)


def test_python_announces_what_a_pickle_asks_for() -> None:
    code = "import pickle, sys; sys.addaudithook(lambda event, _: event == 'pickle.find_class' and print(event))\n"
    code += "pickle.loads(pickle.dumps(print))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


MARKUP = ["<script>alert(1)</script>", '"><img src=x onerror=alert(2)>']


class Elements(html.parser.HTMLParser):
    """The tags of a page, and the text of its scripts that are code."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.code: list[str] = []
        self._in_code = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self._in_code = tag == "script" and dict(attrs).get("type") != "application/json"

    def handle_data(self, data: str) -> None:
        if self._in_code:
            self.code.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._in_code = False


@pytest.mark.pipeline
def test_markup_in_data_is_text_in_every_page(server: Server, own_project: Path) -> None:
    rows = [f"<b>word{row}</b> & more,{json.dumps(MARKUP[row % 2]).replace(chr(92), chr(34))}" for row in range(120)]
    (own_project / "data/files/mine.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    cases = [{"group": text, "expect": "same", "texts": [text, f"{text} more"], "note": text} for text in MARKUP]
    suite = own_project / "data/suites/cases.jsonl"
    suite.write_text("\n".join(map(json.dumps, cases)) + "\n")
    run = PARAMS["run"] | {"datasets": ["mine"], "models": ["shared"]}
    write_params(own_project, PARAMS | {"run": run})
    for stage in ("ingest", "prepare", "size"):
        assert server.run(own_project, stage, "mine").status == 0
    for stage in ("train", "evaluate"):
        assert server.run(own_project, stage, "mine", "shared").status == 0
    assert server.run(own_project, "report").status == 0
    server.run(own_project, "check", "models/mine/shared/0", str(suite), "--html", "check.html")
    for page in ("report/index.html", "check.html"):
        found = Elements((own_project / page).read_text(encoding="utf-8"))
        assert "img" not in found.tags
        assert "onerror" not in found.attributes
        assert not any("alert(" in code for code in found.code)
        assert len(found.code) <= 1
    assert "&lt;script&gt;" in (own_project / "check.html").read_text(encoding="utf-8")


def made(target: str, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = ["make", "--no-print-directory", *arguments, target]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


@needs_make
def test_the_ui_is_bound_to_this_machine() -> None:
    printed = made("ui", "--dry-run").stdout
    assert "timeshare ui --port" in printed  # which tests/tools/test_ui.py looks at
    assert "--host" not in printed


class Ignorant(http.server.BaseHTTPRequestHandler):
    """Answers every question as one that knows no vulnerability."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@needs_make
@pytest.mark.parametrize("listens", [False, True], ids=["nobody", "one that knows nothing"])
def test_an_audit_without_a_database_of_vulnerabilities_says_so_and_passes_over(listens: bool) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), Ignorant, bind_and_activate=False) as database:
        database.server_bind()
        if listens:
            database.server_activate()
            threading.Thread(target=database.handle_request, daemon=True).start()
        address = f"http://127.0.0.1:{database.server_port}/v1/query"
        audit = made("audit", f"PYTHON={sys.executable}", OSV_URL=address, no_proxy="127.0.0.1")
    assert (audit.returncode, audit.stdout) == (0, f"audit: passed over, since {address} cannot be asked from here\n")
