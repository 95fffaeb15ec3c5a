"""Preparing text: rows a second against Hugging Face datasets + tokenizers, and the resident memory it takes.

Both do the same job with the same number of processes: read Parquet, split English as torchtext's basic_english does,
fit a vocabulary on the training split, encode every split, write. `make bench-prepare` installs the peer; without it
only timeshare is measured. Each run is a process of its own, timed without its imports.

    python benchmarks/bench_prepare.py                                   300,000 rows of 20 tokens, 2 workers
    python benchmarks/bench_prepare.py --rows 10000000 --no-peer         the memory of 10 million rows
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

TOKENS_PER_ROW = 20
WORDS = 50_000
VOCABULARY_SIZE = 20_000
SHARES = {"train": 0.9, "valid": 0.05, "test": 0.05, "probes": 0.0}


def write_raw(folder: Path, rows: int) -> None:
    """Raw tables of random sentences: Zipf-distributed words, a comma inside, a full stop at the end."""
    rng = np.random.default_rng(0)
    up_to = np.cumsum(1 / np.arange(1, WORDS + 1))
    words = np.array([f"W{word:x}" if word % 7 == 0 else f"w{word:x}" for word in range(WORDS)])
    counts = {split: round(rows * share) for split, share in SHARES.items()}
    for split, count in counts.items():
        names = ["id", "text", "label"]
        if split == "probes":
            names += ["group", "kind", "member", "position"]
        schema = pa.schema([(name, pa.int32() if name in ("member", "position") else pa.string()) for name in names])
        with pq.ParquetWriter(folder / f"{split}.parquet", schema) as writer:
            for first in range(0, count, 65_536):
                size = min(65_536, count - first)
                lengths = rng.integers(TOKENS_PER_ROW - 12, TOKENS_PER_ROW + 9, size)  # and two marks a row
                drawn = words[np.searchsorted(up_to, rng.random(int(lengths.sum())) * up_to[-1])]
                drawn[np.cumsum(lengths) - lengths + 3] = "but,"
                ends = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
                sentences = pc.binary_join(pa.ListArray.from_arrays(ends, pa.array(drawn)), " ")
                columns = [
                    pc.cast(pa.array(np.arange(first, first + size)), pa.string()),
                    pc.binary_join_element_wise(sentences, ".", ""),
                    pa.array(np.array(["neg", "pos"])[rng.integers(0, 2, size)]),
                ]
                writer.write_batch(pa.record_batch(columns, schema=schema))
    schema_json = {"tokeniser": "basic_english", "classes": ["neg", "pos"], "rows": counts}
    (folder / "schema.json").write_text(json.dumps(schema_json), encoding="utf-8")


def run_timeshare(raw: Path, out: Path, workers: int) -> None:
    """Prepare as the stage does; tokenising is imported by the workers, as part of the time."""
    from timeshare.prepare.prepare import prepare
    from timeshare.prepare.settings import PrepareSettings

    with timed():
        prepare(raw, out, PrepareSettings(workers=workers, vocabulary_size=VOCABULARY_SIZE))


def run_peer(raw: Path, out: Path, workers: int) -> None:
    """The same with a word-level tokenizer: fit on train, encode with datasets.map, write Arrow files."""
    import datasets
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

    datasets.disable_progress_bars()
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    replaced = [normalizers.Replace(Regex(f"[{mark}]"), f" {mark} ") for mark in "'.,()!?"]
    replaced += [
        normalizers.Replace('"', ""),
        normalizers.Replace("<br />", " "),
        normalizers.Replace(Regex("[;:]"), " "),
    ]
    tokenizer.normalizer = normalizers.Sequence([normalizers.Lowercase(), *replaced])
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordLevelTrainer(
        vocab_size=VOCABULARY_SIZE + 2, special_tokens=["<pad>", "<unk>"], show_progress=False
    )

    def encode(batch: dict[str, list[str]]) -> dict[str, list[object]]:
        ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(batch["text"])]
        return {"ids": ids, "length": [len(row) for row in ids]}

    with timed():
        files = {split: str(raw / f"{split}.parquet") for split in ("train", "valid", "test")}
        tables = datasets.load_dataset("parquet", data_files=files, cache_dir=str(out / "cache"))
        texts = (batch["text"] for batch in tables["train"].select_columns("text").iter(1000))
        tokenizer.train_from_iterator(texts, trainer)
        encoded = tables.map(
            encode,
            batched=True,
            num_proc=workers if workers > 1 else None,
            remove_columns=["text"],
            load_from_cache_file=False,
        )
        encoded.save_to_disk(str(out / "encoded"))


RUNS = {"timeshare": run_timeshare, "datasets + tokenizers": run_peer}


@contextmanager
def timed() -> Iterator[None]:
    """Print the seconds that the block takes, for the process that started this one."""
    start = time.perf_counter()
    yield
    print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)


def measure(name: str, raw: Path, workers: int) -> tuple[float, float]:
    """Seconds of a run in a new process, and the most MiB that it and its children held at once."""
    with tempfile.TemporaryDirectory(dir=raw) as out:
        command = [sys.executable, __file__, "--run", name, "--raw", str(raw), "--out", out, "--workers", str(workers)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            peak = 0.0
            finished = threading.Event()

            def watch() -> None:
                nonlocal peak
                while not finished.wait(0.05):
                    peak = max(peak, resident(process.pid))

            watcher = threading.Thread(target=watch)
            watcher.start()
            output, _ = process.communicate()
            finished.set()
            watcher.join()
        if process.returncode != 0:
            raise SystemExit(f"{name}: failed")
        return json.loads(output.splitlines()[-1])["seconds"], peak


def resident(pid: int) -> float:
    """MiB of memory resident in a process and its children, what they share counted once (proportional set size)."""
    total = 0
    try:
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            total += process.memory_full_info().pss
    except psutil.NoSuchProcess:
        pass
    return total / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="runs of each, taken in turn; the fastest counts")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--run", choices=sorted(RUNS), help=argparse.SUPPRESS)
    parser.add_argument("--raw", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        RUNS[options.run](options.raw, options.out, options.workers)
        return
    names = ["timeshare"]
    if not options.no_peer:
        if importlib.util.find_spec("datasets") and importlib.util.find_spec("tokenizers"):
            names.append("datasets + tokenizers")
        else:
            print("datasets and tokenizers are not installed, so timeshare runs alone: pip install -e '.[bench]'")
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder)
        write_raw(raw, options.rows)
        results: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
        for _ in range(options.repeats):
            for name in names:
                results[name].append(measure(name, raw, options.workers))
    print(f"{options.rows:,} rows of {TOKENS_PER_ROW} tokens, {options.workers} workers, fastest of {options.repeats}")
    print(f"{'':<24}{'seconds':>10}{'rows/s':>12}{'peak MiB':>12}")
    for name, runs in results.items():
        seconds, peak = min(runs)[0], max(peak for _, peak in runs)
        print(f"{name:<24}{seconds:>10.1f}{options.rows / seconds:>12,.0f}{peak:>12,.0f}")
    if len(names) > 1:
        ours, peers = (min(results[name])[0] for name in names)
        print(f"timeshare prepares {peers / ours:.1f} times as many rows a second")


if __name__ == "__main__":
    main()
