"""Whether layers and fits do on an accelerator what they do on the CPU, and how fast the layers are there.

1. Every cell with every scheme, by the fast loop and the plain one: outputs, states and gradients against those of the
   CPU in float64. On an NVIDIA card the host must not wait for it on the way.
2. A fit of every model of params.yaml: curves against the CPU's; through CUDA graphs with dropout against the loop; and
   in bfloat16, roughly.
3. The layers beside cuDNN's LSTM and a ModuleList of LSTMCells: benchmarks/measured/layers-CARD.json.

Exit code 0: all agree; 1: something does not, with a line for each; 77: there is no such device.

    python benchmarks/gpu_check.py [--device cuda] [--only layers,fits,bench] [--seconds 2] [--models shared,unshared]
"""

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import torch
from bench_layers import SHAPES, Figure, on_card, write
from torch import Tensor

from timeshare.core.prepared.store import PreparedData
from timeshare.models.saved import Blueprint
from timeshare.models.settings import AnyModel
from timeshare.nn import TimeRecurrent
from timeshare.nn.cells import CELLS, load_cell
from timeshare.nn.schemes import SCHEMES
from timeshare.params.reading import load_params
from timeshare.prepare.prepare import prepare
from timeshare.prepare.settings import PrepareSettings
from timeshare.sources.formal import FormalSettings
from timeshare.sources.ingest import ingest
from timeshare.train.fit import fit
from timeshare.train.settings import TrainerSettings, TrainSettings

MEASURED = Path(__file__).parent / "measured"
SKIPPED = 77  # the exit code by which test harnesses know a test that was not run
LENGTHS = (40, 1, 33, 32, 7)  # past a window of the fast loop, and at its edges
GIVEN: dict[str, Any] = {"num_sets": 3, "extent": 20, "scale": 20.0}
OPTIONS: dict[str, dict[str, Any]] = {
    "start": {},
    "end": {"align": "end"},
    "both ways, two layers, truncated": {"bidirectional": True, "num_layers": 2, "truncate": 7},
    "normalised": {"layer_norm": True},
}
# The most that a result may differ, in multiples of its largest number. LayerNorm magnifies rounding over 40 steps.
LIMITS = {torch.float64: 1e-9, torch.float32: 2e-3}


@contextmanager
def waiting_is_an_error(device: str) -> Iterator[None]:
    """On an NVIDIA card, raise RuntimeError where the host waits for it."""
    if device != "cuda":
        yield
        return
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def results(layer: TimeRecurrent, x: Tensor, lengths: Tensor, quiet: bool) -> list[Tensor]:
    """Outputs, final states and all gradients; with `quiet` the host must not wait for the device."""
    layer.zero_grad()
    x = x.clone().requires_grad_()
    with waiting_is_an_error(x.device.type if quiet else "any"):
        output, final = layer.run(x, lengths)
        sum((part.sin().sum() for part in final), output.cos().sum()).backward()
    return [output, *final, x.grad, *(parameter.grad for parameter in layer.parameters())]


def differences(layer: TimeRecurrent, device: str) -> Iterator[str]:
    """What of a layer is another on the device than on the CPU in float64."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(len(LENGTHS), max(LENGTHS), layer.input_size, dtype=torch.float64, generator=generator)
    lengths = torch.tensor(LENGTHS)
    layer.double()
    expected = [one.detach().clone() for one in results(layer, x, lengths, quiet=False)]
    for dtype, limit in LIMITS.items():
        layer.to(device, dtype)
        there = x.to(device, dtype), lengths.to(device)
        try:
            results(layer, *there, quiet=False)  # what is sent to the device once is there for the second time
            found = results(layer, *there, quiet=True)
        except RuntimeError as error:
            yield f"{dtype}: {' '.join(str(error).split())[:160]}"
            continue
        for place, (one, other) in enumerate(zip(found, expected, strict=True)):
            off = ((one.cpu().double() - other).abs().max() / other.abs().max().clamp_min(1e-3)).item()
            if not off <= limit:
                yield f"{dtype}: result {place} differs by {off:.1e} of its largest number"


def check_layers(device: str) -> Iterator[str]:
    """A line for each cell, scheme and set of options whose results differ."""
    for cell, (name, scheme), (how, options), fast in product(CELLS, SCHEMES.items(), OPTIONS.items(), (True, False)):
        if fast and (name == "hyper" or "layer_norm" in options):
            continue  # these have the plain loop alone
        given = {option: GIVEN[option] for option in scheme.reads if option in GIVEN}
        generator = torch.Generator().manual_seed(0)
        layer = TimeRecurrent(6, 8, cell=load_cell(cell), sharing=name, generator=generator, **given, **options)
        for part in layer.layers:
            part.fast = fast
        for difference in differences(layer, device):
            yield f"{cell}, {name}, {how}, {'fast' if fast else 'plain'} loop, {difference}"


def tiny_data(folder: Path) -> tuple[PreparedData, Blueprint]:
    """Sequences of bits, and a blueprint of some model of them."""
    settings = FormalSettings(
        source="formal",
        task="even_pairs",
        train_size=320,
        valid_size=64,
        test_size=40,
        train_lengths=(1, 40),
        probe_lengths=(41, 42),
        probes_per_length=2,
        probe_groups=4,
    )
    for name in ("raw", "prepared"):
        (folder / name).mkdir()
    ingest("tiny", settings, folder / "raw")
    prepare(folder / "raw", folder / "prepared", PrepareSettings(buckets=3))
    data = PreparedData.open(folder / "prepared")
    meta = data.meta
    model = next(iter(load_params().models.values())).model()
    blueprint = Blueprint(
        model,
        meta["vocabulary"],
        meta["vocabulary_size"],
        tuple(meta["classes"]),
        meta["longest_train"],
        meta["side"],
        0,
    )
    return data, blueprint


def check_fits(device: str, models: list[str]) -> Iterator[str]:
    """A line for each model whose fit on the device is another than on the CPU."""
    catalogue = load_params().models
    with TemporaryDirectory() as scratch:
        data, blueprint = tiny_data(Path(scratch))

        def curves(model: AnyModel, dropout: float, on: str = device, **machine: Any) -> Tensor:
            fitted = fit(
                Blueprint(**{**vars(blueprint), "settings": model}),
                data,
                train=TrainSettings(max_epochs=2, batch_size=16, dropout=dropout, embedding_dropout=dropout),
                trainer=TrainerSettings(accelerator=on, devices=1, **machine),
                seed=0,
                checkpoints=Path(mkdtemp(dir=scratch)),
                publish=lambda epoch, figures: None,
            )
            return torch.tensor([[row["train_loss"], row["valid_loss"]] for row in fitted.curves])

        for name in models:
            model = catalogue[name].model()
            if getattr(model, "match_parameters", None):
                model = model.model_copy(update={"match_parameters": None})
            here = curves(model, 0.0, "cpu")
            pairs = {
                "on the device": (curves(model, 0.0), here, 2e-3),
                "in bfloat16": (curves(model, 0.0, precision="bf16-mixed"), here, 5e-2),
                "through graphs": (curves(model, 0.3), curves(model, 0.3, cuda_graphs=False), 2e-3),
            }
            for how, (found, expected, limit) in pairs.items():
                off = (found - expected).abs().max().item()
                if not off <= limit:
                    yield f"fit of {name} {how}: a loss differs by {off:.1e}, the limit is {limit:.0e}"


def check_speed(device: str, shapes: list[tuple[int, int, int, int]], seconds: float, folder: Path) -> Path:
    """Print how fast the layers are, and write it into a file with the card's name."""
    card = torch.cuda.get_device_name() if device == "cuda" else device
    figures: list[Figure] = []
    for figure in on_card(shapes, seconds, device):
        print(figure.row(), flush=True)
        figures.append(figure)
    path = folder / f"layers-{re.sub('[^a-z0-9]+', '-', card.lower()).strip('-')}.json"
    write(path, figures, torch.get_num_threads(), card)
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"], help="what is checked")
    parser.add_argument("--only", default="layers,fits,bench", help="parts, separated by commas")
    parser.add_argument("--models", help="of params.yaml, separated by commas; all without it")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each figure of speed")
    arguments = parser.parse_args()
    device, parts = arguments.device, arguments.only.split(",")
    if device == "cuda" and not torch.cuda.is_available():
        print(f"gpu-check: skipped, since torch finds no {device} device here")
        return SKIPPED
    # Products in TensorFloat-32 have ten bits; cuDNN's are in it unless it is told.
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    models = arguments.models.split(",") if arguments.models else list(load_params().models)
    wrong = []
    for part, lines in {"layers": check_layers(device), "fits": check_fits(device, models)}.items():
        if part in parts:
            print(f"gpu-check: {part}", flush=True)
            for line in lines:
                print(f"  {line}", flush=True)
                wrong.append(line)
    if "bench" in parts:
        print("gpu-check: written to", check_speed(device, SHAPES, arguments.seconds, MEASURED))
    print(f"gpu-check: {len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
