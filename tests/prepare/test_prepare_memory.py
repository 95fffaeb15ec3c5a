"""Preparing in bounded memory: what a row costs, measured in processes of their own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.prepare.tables import write_raw_tables

TOKENS_PER_ROW = 20
# 2 GiB for 10 million rows, less what a process takes at any number of rows.
BYTES_PER_ROW = 150

PREPARE = """
import resource, sys
from pathlib import Path
from timeshare.prepare.settings import PrepareSettings
from timeshare.prepare.prepare import prepare
prepare(Path(sys.argv[1]), Path(sys.argv[2]), PrepareSettings())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def write_train(raw: Path, rows: int) -> None:
    """Replace the training table by random sentences of 20 words, Zipf-distributed over 20,000."""
    rng = np.random.default_rng(0)
    up_to = np.cumsum(1 / np.arange(1, 20_001))
    words = np.array([f"w{word}" for word in range(20_000)])
    with pq.ParquetWriter(
        raw / "train.parquet", pa.schema({"id": pa.string(), "text": pa.string(), "label": pa.string()})
    ) as writer:
        for first in range(0, rows, 50_000):
            drawn = words[np.searchsorted(up_to, rng.random(50_000 * TOKENS_PER_ROW) * up_to[-1])]
            ends = np.arange(0, 50_000 * TOKENS_PER_ROW + 1, TOKENS_PER_ROW, dtype=np.int32)
            columns = {
                "id": pc.cast(pa.array(np.arange(first, first + 50_000)), pa.string()),
                "text": pc.binary_join(pa.ListArray.from_arrays(ends, pa.array(drawn)), " "),
                "label": pa.array(np.where(rng.random(50_000) < 0.5, "drink", "food")),
            }
            writer.write_batch(pa.record_batch(columns))


def peak_bytes(folder: Path, rows: int) -> int:
    raw = write_raw_tables(folder / "raw")
    write_train(raw, rows)
    (folder / "out").mkdir()
    command = [sys.executable, "-c", PREPARE, str(raw), str(folder / "out")]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.slow
def test_a_million_rows_take_little_more_memory_than_a_tenth_of_them(tmp_path: Path) -> None:
    few, many = 100_000, 1_000_000
    growth = peak_bytes(tmp_path / "many", many) - peak_bytes(tmp_path / "few", few)
    assert growth < BYTES_PER_ROW * (many - few)
