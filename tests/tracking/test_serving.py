"""`mlflow models serve`, as a user runs it."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tracking.processes import wait_until
from timeshare.evaluate.text_classifier import load_text_classifier
from timeshare.tracking import model
from timeshare.tracking.identity import RemoteRun

pytestmark = [pytest.mark.pipeline, pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")]


@pytest.fixture
def address(database: str, logged: RemoteRun, tmp_path: Path) -> Iterator[str]:
    """Where the logged model is served."""
    from mlflow import MlflowClient

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local"]
    found = model.newest(MlflowClient(database), logged.run_id)
    assert found is not None
    command += ["--model-uri", found.model_uri]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    programs = str(Path(sys.executable).parent)
    environment = {**os.environ, "MLFLOW_TRACKING_URI": database, "PATH": f"{programs}:{os.environ['PATH']}"}
    with (tmp_path / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answer(f"{address}/ping")[0] == 200)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answer(url: str, content: str | None = None) -> tuple[int, str]:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, content.encode() if content else None, headers)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except urllib.error.URLError:
        return 0, ""


def test_a_served_model_answers_and_refuses_wrong_input_with_the_reason(address: str, files: Path) -> None:
    texts = ["0 1 1", "1 0"]
    classifier = load_text_classifier(files, files)
    expected = classifier(texts)
    status, answer = _answer(f"{address}/invocations", json.dumps({"inputs": texts}))
    assert status == 200
    predictions = json.loads(answer)["predictions"]
    assert [row["label"] for row in predictions] == [classifier.classes[index] for index in expected.argmax(1)]
    for row, probabilities in zip(predictions, expected, strict=True):
        assert list(row["probabilities"].values()) == pytest.approx(probabilities.tolist(), rel=1e-6)

    for wrong, reason in [
        ('{"inputs": ["0 1", ""]}', "text 1 has no token"),
        ('{"inputs": [1]}', "Expected type str"),
        ('{"inputs": "0 1"}', "Expected list"),
        ('{"texts": ["0 1"]}', "'inputs' key"),
        ("[", "valid JSON"),
    ]:
        status, answer = _answer(f"{address}/invocations", wrong)
        assert status == 400, answer
        assert reason in json.loads(answer)["message"]
