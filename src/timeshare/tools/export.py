"""`timeshare export`: a trained model as files that run without torch and without timeshare."""

import logging
import shutil
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from timeshare.core.artifacts import whole_directory, write_json
from timeshare.core.config.errors import UserError
from timeshare.evaluate.text_classifier import TextClassifier
from timeshare.models.classifier import SequenceClassifier
from timeshare.tools.predict import find_classifier

if TYPE_CHECKING:
    import onnxruntime

_RUNNER = Path(__file__).parent / "templates" / "classify.py"
# Rows and steps of what is traced; neither is 0 or 1, which torch takes for a size that never varies.
_TRACED = (2, 7)
_TOLERANCE = 1e-5


def main(model: str, folder: str, format: str) -> None:
    """Write the model's graph, its vocabulary and a script that labels texts with them.

    Args:
        model: models/DATASET/MODEL/SEED, DATASET@champion, a run's id, or an address of MLflow's.
        folder: a new folder: model.onnx, classifier.json and classify.py.
        format: 'onnx'.
    Raises:
        UserError: there is no such model, the folder is there already, or a package is missing.
    """
    target = Path(folder)
    if target.exists():
        raise UserError(f"{target}: is there already; name a new folder")
    try:
        import onnxruntime
        import onnxscript  # noqa: F401 # torch's exporter needs it
    except ImportError as error:
        raise UserError(f"export to {format} needs {error.name}: pip install onnx onnxscript onnxruntime") from None
    texts = find_classifier(model)
    print(f"tracing {model}: half a minute at most", file=sys.stderr)
    with whole_directory(target) as made:
        longest = _write_graph(texts.classifier, len(texts.vocabulary), made / "model.onnx")
        masked = texts.classifier.mask
        write_json(
            made / "classifier.json",
            {
                "classes": list(texts.classes),
                "tokeniser": texts.tokeniser,
                "bounds": [] if masked else list(texts.bounds),
                "side": texts.classifier.padding,
                "longest": longest,
                "vocabulary": list(texts.vocabulary.tokens),
            },
        )
        shutil.copyfile(_RUNNER, made / _RUNNER.name)
        _compare(onnxruntime.InferenceSession(made / "model.onnx"), texts, longest)
    print(f'{target}: python {target / _RUNNER.name} "a text" needs onnxruntime and numpy, no torch')


class _Probabilities(nn.Module):
    """Token ids and lengths to probabilities: what the graph computes."""

    def __init__(self, classifier: SequenceClassifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        logits: Tensor = self.classifier(tokens, lengths)
        return logits.softmax(1)


def _write_graph(classifier: SequenceClassifier, vocabulary_size: int, path: Path) -> int | None:
    """Write the graph, for any number of rows and steps; gives the most steps that the classifier takes, if any."""
    rows, steps = _TRACED
    longest = None
    if classifier.beyond == "error":
        # A graph refuses nothing: its caller must.
        longest, classifier.beyond = classifier.extent, "hold"
    tokens = torch.randint(2, max(vocabulary_size, 3), (rows, steps))
    lengths = torch.tensor([steps, steps - 3])
    sizes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("time")}
    # torch warns of its own workings, and of packages that nothing here needs.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            _Probabilities(classifier),
            (tokens, lengths),
            input_names=["tokens", "lengths"],
            output_names=["probabilities"],
            dynamic_shapes=(sizes, {0: sizes[0]}),
            dynamo=True,
            verbose=False,
        )
    assert program is not None  # as it is with dynamo=True
    program.save(path)
    return longest


def _compare(session: "onnxruntime.InferenceSession", texts: TextClassifier, longest: int | None) -> None:
    """Make sure that the graph says what the classifier says, for ragged batches of several sizes."""
    random = np.random.default_rng(0)
    for rows, steps in ((1, 1), (3, 4), (2, longest or 2 * (texts.classifier.extent or 8))):
        lengths = random.integers(1, steps, rows, endpoint=True)
        tokens = random.integers(1, len(texts.vocabulary), (rows, steps))
        columns = np.arange(steps)
        left = texts.classifier.padding == "left"
        tokens[(columns < steps - lengths[:, None]) if left else (columns >= lengths[:, None])] = 0
        (found,) = session.run(None, {"tokens": tokens, "lengths": lengths})
        with torch.inference_mode():
            expected = texts.classifier(torch.from_numpy(tokens), torch.from_numpy(lengths)).softmax(1).numpy()
        apart = float(np.abs(found - expected).max())
        if not apart <= _TOLERANCE:
            raise UserError(f"the exported graph is {apart:.1g} off the model; no export was written: please report it")
