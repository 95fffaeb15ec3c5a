"""How fast the layers are beside torch's own and a ModuleList of its cells, each figure a ratio in one process.

Runs alternate (layer, peer, layer, peer, ...) and a figure is the median of the ratios of neighbours, so that what else
the machine does falls on both. With one thread it is processor time, which other work disturbs less. On an accelerator
(gpu_check.py) a run ends when that is done. Peak memory is taken in processes of their own. The figures go to a JSON
file; those that a run leaves out (--only, --shapes) stay there as they were.

    python benchmarks/bench_layers.py [--only unshared,shared] [--shapes 1-4] [--seconds 6] [--json FILE] [--threads 2]
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from timeshare.nn import TimeGRU, TimeLSTM
from timeshare.nn.compiled import SWITCH

CAPTURED = " captured"
UNCOMPILED = " uncompiled"
MEASURED = Path(__file__).parent / "measured" / "layers.json"
SHAPES = [(32, 20, 64, 64), (64, 50, 64, 128), (128, 100, 128, 128), (64, 50, 128, 256), (64, 500, 64, 128)]
SCHEMES: dict[str, dict[str, Any]] = {
    "shared": {"sharing": "shared"},
    "unshared": {"sharing": "unshared"},
    "periodic": {"sharing": "periodic", "num_sets": 4},
    "segments": {"sharing": "segments", "num_sets": 4},
    "basis": {"sharing": "basis", "num_sets": 4},
    "mixture": {"sharing": "mixture", "num_sets": 4},
}
# The most a scheme may take, in multiples of torch.nn.LSTM: (at the first shape, at the next three), without and with
# the optimiser's step. What the project holds itself to; the long shape is reported.
LIMITS = {
    ("unshared", "gradients"): (2.2, 1.4),
    ("unshared", "training step"): (2.5, 1.8),
    ("shared", "gradients"): (1.05, 1.05),
    **{(scheme, "gradients"): (1.6, 1.6) for scheme in ("periodic", "segments", "basis", "mixture")},
}


class Cells(nn.Module):
    """What people write for unshared weights: one of torch's cells for each step."""

    def __init__(self, cell: type[nn.RNNCellBase], input_size: int, hidden_size: int, num_steps: int) -> None:
        super().__init__()
        self.cells = nn.ModuleList(cell(input_size, hidden_size) for _ in range(num_steps))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | tuple[Tensor, ...]]:
        state = None
        outputs = []
        for step, layer in enumerate(self.cells):
            state = layer(x[:, step], state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return torch.stack(outputs, dim=1), state


def build(name: str, shape: tuple[int, int, int, int]) -> nn.Module:
    _, num_steps, input_size, hidden_size = shape
    if name in ("nn.LSTM", "nn.GRU"):
        return getattr(nn, name[3:])(input_size, hidden_size, batch_first=True)
    if name in ("LSTMCells", "GRUCells"):
        return Cells(getattr(nn, name[:-1]), input_size, hidden_size, num_steps)
    if name.startswith("gru "):
        return TimeGRU(input_size, hidden_size, batch_first=True, extent=num_steps, **SCHEMES[name[4:]])
    return TimeLSTM(input_size, hidden_size, batch_first=True, extent=num_steps, **SCHEMES[name])


def runner(name: str, shape: tuple[int, int, int, int], what: str, device: str = "cpu") -> Callable[[], None]:
    """A function that computes all gradients once ('gradients'), and takes an Adam step ('training step').

    A name that ends with ' captured' is that layer in a CUDA graph; with ' uncompiled', as where there is no compiler.
    """
    batch, num_steps, input_size, hidden_size = shape
    torch.manual_seed(0)
    layer = build(name.removesuffix(CAPTURED).removesuffix(UNCOMPILED), shape).to(device)
    x = torch.randn(batch, num_steps, input_size, device=device, requires_grad=True)
    arriving = torch.randn(batch, num_steps, hidden_size, device=device)
    optimiser = torch.optim.Adam(layer.parameters(), lr=1e-3, fused=True)
    if name.endswith(CAPTURED):
        layer = torch.cuda.make_graphed_callables(layer, (torch.zeros_like(x).requires_grad_(),))

    def run() -> None:
        optimiser.zero_grad()
        x.grad = None
        if name.endswith(UNCOMPILED):
            os.environ[SWITCH] = "0"
        output, _ = layer(x)
        if name.endswith(UNCOMPILED):
            del os.environ[SWITCH]
        output.backward(arriving)
        if what == "training step":
            optimiser.step()
        if device != "cpu":
            torch.accelerator.synchronize()

    return run


@dataclass(frozen=True)
class Figure:
    """One ratio: `layer` takes `ratio` times as long (or as much memory) as `peer`."""

    shape: tuple[int, ...]
    what: str
    layer: str
    peer: str
    ratio: float
    layer_value: float
    peer_value: float
    unit: str
    limit: float | None

    @property
    def key(self) -> tuple[tuple[int, ...], str, str, str]:
        return tuple(self.shape), self.what, self.layer, self.peer

    def row(self) -> str:
        shape = "({})".format(", ".join(map(str, self.shape)))
        verdict = "" if self.limit is None else f"{self.limit:5.2f}  {'ok' if self.ratio <= self.limit else 'MISSED'}"
        values = f"{self.layer_value:9.2f} {self.peer_value:9.2f} {self.unit}"
        return f"{shape:22} {self.what:14} {self.layer:12} {self.peer:10} {values:23} {self.ratio:6.2f}  {verdict}"


def compare(layer: Callable[[], None], peer: Callable[[], None], seconds: float) -> tuple[float, float, float]:
    """(median ratio, median ms of the layer, median ms of the peer) of as many alternating runs as fit the time."""
    alone = torch.get_num_threads() == 1 and not torch.cuda.is_initialized()
    clock = time.process_time if alone else time.perf_counter
    for run in (layer, peer, layer, peer):
        run()
    times: list[tuple[float, float]] = []
    stop = clock() + seconds
    while clock() < stop or len(times) < 5:
        start = clock()
        layer()
        middle = clock()
        peer()
        times.append((middle - start, clock() - middle))
    ratio = statistics.median(one / other for one, other in times)
    one, other = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
    return ratio, one, other


def speed(schemes: list[str], shapes: list[tuple[int, int, int, int]], seconds: float) -> Iterator[Figure]:
    """Every scheme beside torch.nn.LSTM, and the unshared one beside the ModuleList of cells."""
    for shape in shapes:
        place = SHAPES.index(shape)
        for scheme in schemes:
            for what in ("gradients", "training step") if scheme == "unshared" else ("gradients",):
                limits = LIMITS[scheme, what]
                limit = None if place >= 4 else limits[min(place, 1)]
                result = compare(runner(scheme, shape, what), runner("nn.LSTM", shape, what), seconds)
                yield Figure(shape, what, scheme, "nn.LSTM", *result, "ms", limit)
                if scheme == "unshared":
                    result = compare(runner(scheme, shape, what), runner("LSTMCells", shape, what), seconds)
                    yield Figure(shape, what, scheme, "LSTMCells", *result, "ms", 1.05)


def kernel(shapes: list[tuple[int, int, int, int]], seconds: float) -> Iterator[Figure]:
    """What compiled code saves: each scheme that it takes part in, beside itself without it."""
    for shape in shapes:
        for scheme in ("unshared", "periodic", "basis", "mixture"):
            peer = f"{scheme}{UNCOMPILED}"
            result = compare(runner(scheme, shape, "gradients"), runner(peer, shape, "gradients"), seconds)
            yield Figure(shape, "gradients", scheme, "uncompiled", *result, "ms", None)


def on_card(shapes: list[tuple[int, int, int, int]], seconds: float, device: str) -> Iterator[Figure]:
    """On an accelerator: every scheme, and the unshared one captured, beside torch.nn.LSTM and LSTMCells."""
    captured = [f"unshared{CAPTURED}"] if device == "cuda" else []
    for shape in shapes:
        for what in ("gradients", "training step"):
            for name in [*SCHEMES, *captured]:
                for peer in ("nn.LSTM", "LSTMCells"):
                    result = compare(runner(name, shape, what, device), runner(peer, shape, what, device), seconds)
                    yield Figure(shape, what, name, peer, *result, "ms", None)


def gru(shapes: list[tuple[int, int, int, int]], seconds: float) -> Iterator[Figure]:
    """The GRU beside torch's, and its unshared weights beside a ModuleList of cells."""
    pairs = [(f"gru {scheme}", "nn.GRU") for scheme in ("shared", "unshared", "mixture")] + [
        ("gru unshared", "GRUCells")
    ]
    for shape in shapes:
        for name, peer in pairs:
            result = compare(runner(name, shape, "gradients"), runner(peer, shape, "gradients"), seconds)
            yield Figure(shape, "gradients", name, peer, *result, "ms", None)


def growth(lengths: list[int], seconds: float) -> Iterator[Figure]:
    """Time a step at each length beside that at the first one: unshared weights, and one set for comparison."""
    first = (64, lengths[0], 64, 128)
    for scheme in ("unshared", "periodic", "nn.LSTM"):
        for num_steps in lengths[1:]:
            shape = (64, num_steps, 64, 128)
            _, long, short = compare(runner(scheme, shape, "gradients"), runner(scheme, first, "gradients"), seconds)
            long, short = long / num_steps * 1e3, short / lengths[0] * 1e3
            limit = 1.2 if scheme == "unshared" else None
            yield Figure(shape, "time a step", scheme, f"T = {lengths[0]}", long / short, long, short, "us", limit)


def memory(shapes: list[tuple[int, int, int, int]]) -> Iterator[Figure]:
    """Peak memory of training steps, beyond that of the interpreter, of the unshared layer and of the cells."""
    for shape in shapes:
        peaks = []
        for name in ("unshared", "LSTMCells"):
            command = [sys.executable, __file__, "--peak-memory", name, *map(str, shape)]
            peaks.append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        yield Figure(shape, "peak memory", "unshared", "LSTMCells", peaks[0] / peaks[1], *peaks, "MB", 1.3)


def print_peak_memory(name: str, shape: tuple[int, int, int, int]) -> None:
    """Print the megabytes that building the layer and three training steps with it add to this process (Linux)."""
    runner("nn.LSTM", (2, 2, 2, 2), "training step")()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak so far is forgotten
    before = _status("VmRSS")
    step = runner(name, shape, "training step")
    for _ in range(3):
        step()
    print((_status("VmHWM") - before) / 1024)


def _status(field: str) -> int:
    """A field of this process's status, in kB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field + ":"))


def read(path: Path) -> list[Figure]:
    """The figures of a file that `write` wrote."""
    return [Figure(**one) for one in json.loads(path.read_text())["figures"]]


def table(figures: list[Figure]) -> str:
    """The ratios as a Markdown table, a row for each comparison and a column for each shape."""
    rows: dict[tuple[str, str, str], dict[tuple[int, ...], float]] = {}
    for figure in figures:
        rows.setdefault((figure.layer, figure.what, figure.peer), {})[tuple(figure.shape)] = figure.ratio
    shapes = sorted({shape for row in rows.values() for shape in row}, key=lambda shape: [*SHAPES, shape].index(shape))
    lines = [["layer", "what", "peer", *(f"({', '.join(map(str, shape))})" for shape in shapes)]]
    lines.append(["---"] * 3 + ["---:"] * len(shapes))
    for names, row in rows.items():
        lines.append([*names, *(f"{row[shape]:.2f}" if shape in row else "" for shape in shapes)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write(path: Path, figures: list[Figure], threads: int, machine: str | None = None) -> None:
    """Write the figures, in the place of older ones of the same, which must be of the same machine and threads."""
    machine = machine or f"{platform.machine()}, {os.cpu_count()} cores"
    measured = {"machine": machine, "threads": threads, "torch": torch.__version__}
    kept = read(path) if path.exists() and measured.items() <= json.loads(path.read_text()).items() else []
    merged = {figure.key: figure for figure in [*kept, *figures]}
    path.write_text(json.dumps({**measured, "figures": [vars(one) for one in merged.values()]}, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=MEASURED, help="where the figures go")
    parser.add_argument(
        "--only", default=",".join([*SCHEMES, "kernel", "gru", "growth", "memory"]), help="parts, separated by commas"
    )
    parser.add_argument("--shapes", default=f"1-{len(SHAPES)}", help="numbers of the first and last shape, or of one")
    parser.add_argument("--seconds", type=float, default=6.0, help="for each figure")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--table", action="store_true", help="measure nothing: print the file's figures as Markdown")
    parser.add_argument("--peak-memory", nargs=5, metavar=("LAYER", "B", "T", "E", "H"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.peak_memory:
        name, *sizes = arguments.peak_memory
        batch, num_steps, input_size, hidden_size = map(int, sizes)
        print_peak_memory(name, (batch, num_steps, input_size, hidden_size))
        return
    if arguments.table:
        print(table(read(arguments.json)))
        return
    first, _, last = arguments.shapes.partition("-")
    shapes = SHAPES[int(first) - 1 : int(last or first)]
    parts = arguments.only.split(",")
    figures: list[Figure] = []
    print(f"{'(B, T, E, H)':22} {'what':14} {'layer':12} {'peer':10} {'layer      peer':23} {'ratio':6}  limit")
    measurements = [speed([part for part in parts if part in SCHEMES], shapes, arguments.seconds)]
    if "kernel" in parts:
        measurements.append(kernel(shapes, arguments.seconds))
    if "gru" in parts:
        measurements.append(gru(shapes, arguments.seconds))
    if "growth" in parts:
        measurements.append(growth([50, 100, 200, 400, 800], arguments.seconds))
    if "memory" in parts:
        measurements.append(memory(shapes))
    for measurement in measurements:
        for figure in measurement:
            print(figure.row(), flush=True)
            figures.append(figure)
    write(arguments.json, figures, arguments.threads)


if __name__ == "__main__":
    main()
