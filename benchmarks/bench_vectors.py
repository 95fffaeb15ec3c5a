"""What word vectors from a file are worth where labelled texts are few: the table of docs/vectors.md.

Two files of 32 numbers to a word are made up, and nets are trained on a few labelled sentences of the grammar with
either, with the second one's vectors frozen, and with none:

- `neighbours`: which words stand near each other in 20,000 sentences without labels (positive pointwise mutual
  information within two words, reduced by a singular value decomposition; Levy & Goldberg 2014). The grammar lets every
  kind of thing stand almost everywhere, so that they say little about the classes.
- `kinds`: a direction for each kind of thing, and noise of the same size: animals are near animals, as in vectors that
  were trained on much real text.

    OMP_NUM_THREADS=1 python benchmarks/bench_vectors.py            ten minutes on one core
"""

from collections.abc import Mapping
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from timeshare.core.prepared.tokenisers import basic_english
from timeshare.evaluate.metrics import all_metrics
from timeshare.models.settings import ConvolutionSettings, RecurrentSettings
from timeshare.questions.fits import fit_model, made_data, predictions_of
from timeshare.sources.sentences import SentencesSettings
from timeshare.sources.sentences.generate import Generator
from timeshare.sources.sentences.grammar import KIND_OF_WORD, KINDS
from timeshare.train.overrides import entry_of

ROWS, SEEDS, SIZE, WINDOW = (400, 1200), range(3), 32, 2
MODELS = {"shared": RecurrentSettings(encoder="lstm"), "convolution": ConvolutionSettings(encoder="convolution")}


def neighbours(texts: list[list[str]], words: list[str]) -> NDArray[np.float64]:
    """Vectors of which words stand near each other, float [words, SIZE]."""
    ids = {word: place for place, word in enumerate(words)}
    counts = np.zeros((len(words), len(words)))
    for text in texts:
        for distance in range(1, WINDOW + 1):
            for first, second in zip(text, text[distance:], strict=False):
                counts[ids[first], ids[second]] += 1
                counts[ids[second], ids[first]] += 1
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    left, values, _ = np.linalg.svd(np.log(np.maximum(counts / expected, 1.0)))
    return left[:, :SIZE] * np.sqrt(values[:SIZE])


def kinds(words: list[str]) -> NDArray[np.float64]:
    """Vectors of which kind of thing a word names, and noise, float [words, SIZE]."""
    random = np.random.default_rng(0)
    directions = dict(zip(KINDS, random.normal(size=(len(KINDS), SIZE)), strict=True))
    nothing = np.zeros(SIZE)
    return np.stack([directions.get(KIND_OF_WORD.get(word, ""), nothing) + random.normal(size=SIZE) for word in words])


def write_vectors(path: Path, words: list[str], vectors: NDArray[np.float64]) -> None:
    """Write vectors as word2vec and fastText do, about as long as they start at random."""
    vectors = vectors * 0.25 / np.sqrt(np.mean(vectors**2))
    rows = [f"{word} {' '.join(f'{number:.4f}' for number in row)}\n" for word, row in zip(words, vectors, strict=True)]
    path.write_text(f"{len(words)} {SIZE}\n{''.join(rows)}", encoding="utf-8")


def accuracy(model: str, rows: int, seed: int, training: Mapping[str, object]) -> float:
    """Test accuracy of one fit on so many labelled sentences."""
    dataset = entry_of(SentencesSettings)(
        source="sentences",
        train_size=rows,
        valid_size=200,
        seed=seed,
        probe_groups=5,
        training={"max_steps": 1000, "patience": 1000, "batch_size": 16, "learning_rate": 0.003, **training},
    )
    with TemporaryDirectory() as scratch:
        data = made_data("vectors", dataset, Path(scratch))
        fitted = fit_model(f"{model}, {rows} rows, seed {seed}", MODELS[model], data, dataset, seed)
        return all_metrics(predictions_of(fitted, data))["accuracy"]


def main() -> None:
    sentences = Generator("unlabelled", SentencesSettings(source="sentences", seed=1)).split(20_000)
    texts = [basic_english(sentence.text) for sentence in sentences]
    words = sorted({word for text in texts for word in text})
    with TemporaryDirectory() as folder:
        near, kind = Path(folder) / "neighbours.vec", Path(folder) / "kinds.vec"
        write_vectors(near, words, neighbours(texts, words))
        write_vectors(kind, words, kinds(words))
        ways = ({}, {"vectors": str(near)}, {"vectors": str(kind)}, {"vectors": str(kind), "freeze_vectors": True})
        print("| model | labelled sentences | none | neighbours | kinds | kinds, frozen |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for model in MODELS:
            for rows in ROWS:
                found = [mean(accuracy(model, rows, seed, way) for seed in SEEDS) for way in ways]
                print(f"| {model} | {rows} | {' | '.join(f'{share:.3f}' for share in found)} |", flush=True)


if __name__ == "__main__":
    main()
