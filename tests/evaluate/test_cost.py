"""What an evaluation costs beside the forward passes."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.evaluate.tables import classifier_for, of_texts, prepared_data
from timeshare.core.prepared.store import PreparedData
from timeshare.evaluate.asking import ask_all
from timeshare.evaluate.behaviour import observe
from timeshare.evaluate.settings import EvaluateSettings
from timeshare.models.classifier import SequenceClassifier
from timeshare.models.settings import RecurrentSettings
from timeshare.sources.raw import Probe

SETTINGS = EvaluateSettings()
LONGEST = 500


@pytest.mark.slow
def test_ten_thousand_probes_take_no_longer_than_one_and_a_half_times_the_forward_passes(tmp_path: Path) -> None:
    random = np.random.default_rng(0)

    def text(length: int) -> str:
        return " ".join("xy"[bit] for bit in random.integers(2, size=length))

    lengths = np.linspace(41, LONGEST, 10_000).astype(int).tolist()
    probes = [
        Probe(f"length-{place}", f"length-{place}", "length", 0, text(length), "ab"[place % 2])
        for place, length in enumerate(lengths)
    ]
    data = prepared_data(tmp_path, [(text(1 + place % 40), "ab"[place % 2]) for place in range(400)], probes)
    classifier = classifier_for(data, RecurrentSettings(encoder="lstm", embedding_size=32, hidden_size=64), extent=40)

    def evaluate() -> None:
        predictions = ask_all(classifier, data, SETTINGS)
        observe(of_texts(data, classifier), data, predictions, source="formal", suite=None)
        predictions.write(tmp_path / "predictions.parquet")

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        forward_passes(classifier, data)
        alone, whole = (
            min(seconds(run) for _ in range(2)) for run in (lambda: forward_passes(classifier, data), evaluate)
        )
    finally:
        torch.set_num_threads(threads)
    assert whole <= 1.5 * alone


def forward_passes(classifier: SequenceClassifier, data: PreparedData) -> None:
    """The same texts, in batches of the same size, and nothing else."""
    with torch.inference_mode():
        for name in ("train", "test", "probes"):
            for bucket in data.split(name).buckets:
                step = max(1, SETTINGS.batch_tokens // bucket.tokens.shape[1])
                for start in range(0, len(bucket.lengths), step):
                    tokens, sizes = (
                        part[start : start + step].astype(np.int64) for part in (bucket.tokens, bucket.lengths)
                    )
                    classifier(torch.from_numpy(tokens), torch.from_numpy(sizes))


def seconds(run: Callable[[], None]) -> float:
    """Of the processor."""
    start = time.process_time()
    run()
    return time.process_time() - start
