"""Sound files with random damage: each is read, or refused in lines that a person can use; nothing else is raised."""

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from tests.evaluate.tables import prepared_data, token_classifier
from tests.trust.conftest import PARAMS, SUITE
from timeshare.core.config.errors import UserError
from timeshare.evaluate.suites import load_suite
from timeshare.evaluate.text_classifier import TextClassifier
from timeshare.params.reading import load_params
from timeshare.sources.files import FilesSettings
from timeshare.sources.files.read import read
from timeshare.sources.raw import SPLITS

# 10,000 in the slow test, a fifth of that in the other.
# What can be damaged in params.yaml and leave it sound.
COMMENT = "A run of two models and two datasets, one of them parity, small enough to take seconds. " * 4
CASES = {"csv": 2000, "tsv": 1500, "jsonl": 1500, "json": 500, "parquet": 2000, "suite": 2000, "params": 500}
# What is likely to be taken for something else.
SNIPPETS = [
    *(
        b"\0",
        b"\xff",
        b"\xc3",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\x1b[2J",
        b"\r",
        b"\r\n",
        b"\n",
        b"\n\n",
        b"\x85",
        b"\x1a",
    ),
    *("\u2028".encode(), "\u202e".encode(), "🙂".encode(), b"\\ud800", b"\\u0000", b"\\", b"\xed\xa0\x80"),
    *(
        b'"',
        b"'",
        b",",
        b"\t",
        b";",
        b":",
        b"[",
        b"]",
        b"{",
        b"}",
        b"<",
        b"&a",
        b"*a",
        b"!!python/name:os.system",
        b"- ",
    ),
    *(b"null", b"true", b"nan", b".nan", b"-1", b"0", b"1e999", b"9" * 400, b"0x7f", b"''", b'""', b"~", b"? ", b"%"),
    *(b"text", b"label", b"PAR1", b" " * 50, b"[" * 2000, b'{"a":' * 2000, b"x" * 3000),
]


def damaged(sound: bytes, draw: random.Random) -> bytes:
    """A file with one to four random edits."""
    data = bytearray(sound)
    for _ in range(draw.randint(1, 4)):
        start = draw.randint(0, len(data))
        end = min(len(data), start + int(draw.expovariate(0.1)))
        match draw.randrange(6):
            case 0:
                data[start:end] = b""
            case 1:
                data[start:end] = draw.randbytes(end - start)
            case 2:
                data[start:start] = draw.choice(SNIPPETS)
            case 3:
                data[start:end] = draw.choice(SNIPPETS)
            case 4:
                elsewhere = draw.randint(0, len(data))
                data[elsewhere:elsewhere] = data[start:end]
            case 5:
                del data[start if draw.random() < 0.2 else end :]
    return bytes(data)


def rows() -> list[tuple[str, str]]:
    return [(f"the {'cat' if row % 2 else 'dog'} says: {row}", "good" if row % 2 else "bad") for row in range(24)]


def delimited(separator: str) -> bytes:
    return "".join(f"{text}{separator}{label}\n" for text, label in [("text", "label"), *rows()]).encode()


def parquet(folder: Path) -> bytes:
    texts, labels = zip(*rows(), strict=True)
    # Small and uncompressed, so that damage meets the structure, and the values.
    pq.write_table(pa.table({"text": texts, "label": labels}), folder / "sound.parquet", compression="none")
    return (folder / "sound.parquet").read_bytes()


def read_rows(path: Path) -> None:
    settings = FilesSettings.model_validate({"source": "files", "train": str(path), "probe_texts": 2})
    raw = read("mine", settings)
    for split in SPLITS:
        list(raw.splits[split])


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> TextClassifier:
    data = prepared_data(tmp_path_factory.mktemp("fuzz"), [("x", "a"), ("y", "b")])
    classifier = token_classifier(data, {"x": [2.0, 0.0], "y": [0.0, 2.0]}, "first")
    return TextClassifier(("bad", "good"), classifier, data.vocabulary, "basic_english")


def fuzz(kind: str, cases: int, folder: Path, predictor: TextClassifier) -> tuple[int, int]:
    """Read damaged files of a kind.

    Returns:
        How many were read, and how many refused.
    """
    sound: Mapping[str, Callable[[], bytes]] = {
        "csv": lambda: delimited(","),
        "tsv": lambda: delimited("\t"),
        "jsonl": lambda: "".join(json.dumps({"text": t, "label": label}) + "\n" for t, label in rows()).encode(),
        "json": lambda: json.dumps([{"text": text, "label": label} for text, label in rows()]).encode(),
        "parquet": lambda: parquet(folder),
        "suite": lambda: "".join(json.dumps(case) + "\n" for case in SUITE).encode(),
        "params": f"# {COMMENT}\n{yaml.safe_dump(PARAMS, sort_keys=False)}".encode,
    }
    readers: Mapping[str, Callable[[Path], object]] = {
        "suite": lambda path: load_suite(path, predictor),
        "params": load_params,
    }
    path = folder / f"damaged.{kind}"
    whole, read = sound[kind](), readers.get(kind, read_rows)
    path.write_bytes(whole)
    read(path)  # It is the damage that is refused.
    draw = random.Random(kind)
    refused = 0
    for _ in range(cases):
        path.write_bytes(damaged(whole, draw))
        try:
            read(path)
        except UserError as error:
            refused += 1
            lines = str(error).split("\n")
            assert len(lines) <= 21
            for line in lines:
                assert line.startswith((str(path), "datasets.mine: ")), line
                assert len(line) <= 1000, line
                assert line.isprintable(), repr(line)
    return cases - refused, refused


@pytest.mark.parametrize("kind", CASES)
def test_damaged_files(kind: str, tmp_path: Path, predictor: TextClassifier) -> None:
    read, refused = fuzz(kind, CASES[kind] // 5, tmp_path, predictor)
    assert refused > read / 10
    assert read > 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", CASES)
def test_ten_thousand_damaged_files(kind: str, tmp_path: Path, predictor: TextClassifier) -> None:
    assert sum(CASES.values()) == 10_000
    fuzz(kind, CASES[kind], tmp_path, predictor)
