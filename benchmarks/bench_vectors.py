"""What word vectors from a file are worth where labelled texts are few: the table of docs/vectors.md.

The file is made up: from 20,000 sentences of the grammar without their labels, vectors of 32 numbers that say which
words stand near each other (positive pointwise mutual information within two words, reduced by a singular value
decomposition; Levy & Goldberg 2014). Nets are then trained on a few labelled sentences of another seed, with the file,
with its vectors frozen, and without it.

    python benchmarks/bench_vectors.py            minutes on one core
"""

from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

import numpy as np

from timeshare.core.prepared.text import tokenise
from timeshare.evaluate.metrics import all_metrics
from timeshare.models.settings import ConvolutionSettings, RecurrentSettings
from timeshare.questions.fits import fit_model, made_data, predictions_of
from timeshare.sources.sentences import SentencesSettings
from timeshare.sources.sentences.generate import Generator
from timeshare.train.overrides import entry_of

ROWS, SEEDS, SIZE, WINDOW = (100, 400), range(3), 32, 2
MODELS = {
    "shared": RecurrentSettings(encoder="lstm"),
    "unshared": RecurrentSettings(encoder="lstm", sharing="unshared", start="equal"),
    "convolution": ConvolutionSettings(encoder="convolution"),
}


def write_vectors(path: Path) -> None:
    """Write the vectors of the grammar's words as word2vec and fastText do."""
    sentences = Generator("unlabelled", SentencesSettings(source="sentences", seed=1)).split(20_000)
    texts = [tokenise(sentence.text) for sentence in sentences]
    words = sorted({word for text in texts for word in text})
    ids = {word: place for place, word in enumerate(words)}
    counts = np.zeros((len(words), len(words)))
    for text in texts:
        for distance in range(1, WINDOW + 1):
            for first, second in zip(text, text[distance:], strict=False):
                counts[ids[first], ids[second]] += 1
                counts[ids[second], ids[first]] += 1
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    information = np.log(np.maximum(counts / expected, 1.0))
    left, values, _ = np.linalg.svd(information)
    vectors = left[:, :SIZE] * np.sqrt(values[:SIZE])
    vectors *= 0.25 / np.sqrt(np.mean(vectors**2))
    rows = [f"{word} {' '.join(f'{number:.4f}' for number in row)}\n" for word, row in zip(words, vectors, strict=True)]
    path.write_text(f"{len(words)} {SIZE}\n{''.join(rows)}", encoding="utf-8")


def accuracy(model: str, rows: int, seed: int, training: dict[str, object]) -> float:
    """Test accuracy of one fit on so many labelled sentences."""
    dataset = entry_of(SentencesSettings)(
        source="sentences",
        train_size=rows,
        valid_size=200,
        seed=seed,
        probe_groups=5,
        training={"max_epochs": 40, "patience": 8, "batch_size": 25, "learning_rate": 0.003, **training},
    )
    with TemporaryDirectory() as scratch:
        data = made_data("vectors", dataset, Path(scratch))
        fitted = fit_model(f"{model}, {rows} rows, seed {seed}", MODELS[model], data, dataset, seed)
        return all_metrics(predictions_of(fitted, data))["accuracy"]


def main() -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made_up.vec"
        write_vectors(path)
        ways = ({}, {"vectors": str(path)}, {"vectors": str(path), "freeze_vectors": True})
        print("| model | labelled sentences | without | with the file | frozen |\n| --- | ---: | ---: | ---: | ---: |")
        for model in MODELS:
            for rows in ROWS:
                found = [mean(accuracy(model, rows, seed, way) for seed in SEEDS) for way in ways]
                print(f"| {model} | {rows} | {' | '.join(f'{share:.3f}' for share in found)} |", flush=True)


if __name__ == "__main__":
    main()
