"""Where the time of a layer goes: the parts of its loop, each run alone on the same sizes, beside torch.nn.LSTM.

The parts are what `timeshare.nn.scan` calls. What they leave of the whole is the loop in Python, copies between
layouts, and the products' results that are no longer in the cache when the next part reads them.

    python benchmarks/profile_layers.py [--shapes 1-4] [--seconds 2] [--threads 2] [--only unshared,mixture]
"""

import argparse
from collections.abc import Callable

import torch
from bench_layers import SHAPES, build, compare, runner

from timeshare.nn.cells.lstm import LSTMAdjoint, LSTMForward
from timeshare.nn.layer import TimeLayer
from timeshare.nn.mixed_sets import MixedSets
from timeshare.nn.picked_sets import PickedSets
from timeshare.nn.scan import WINDOW
from timeshare.nn.sets import StepWeights, Weights, even_ranges


def parts(scheme: str, shape: tuple[int, int, int, int]) -> dict[str, Callable[[], None]]:
    """Functions that each do one part of computing all gradients once."""
    batch, num_steps, input_size, hidden_size = shape
    torch.manual_seed(0)
    (layer,) = build(scheme, shape).layers
    assert isinstance(layer, TimeLayer)
    bias = (layer.bias_ih + layer.bias_hh).detach()
    weights = Weights(layer.weight_ih.detach(), layer.weight_hh.detach(), bias, None)
    numbers = range(num_steps)
    picks = layer.sharing.picks(numbers)

    def read() -> StepWeights:
        if picks is not None:
            return PickedSets(weights, picks, layer.memory)
        return MixedSets(weights, layer.sharing.coefficients(numbers).detach().float(), WINDOW, layer.memory)

    windows = even_ranges(numbers, WINDOW)
    x = torch.randn(num_steps, input_size, batch)
    grad_x = torch.empty(num_steps, batch, input_size)
    loop = LSTMForward(x, num_steps, hidden_size, batch)
    adjoint = LSTMAdjoint(loop.buffers, WINDOW)
    products = adjoint.products()[0]
    for buffer in (*loop.buffers, products):
        buffer.uniform_()
    gates, hidden, gate_gradients = loop.gates.unbind(0), loop.states[0].unbind(0), products.unbind(0)
    fixed = weights.weight_hh[0], weights.weight_hh[0].t()

    def products_of_steps() -> None:
        for step in numbers:
            torch.addmm(gates[step], fixed[0], hidden[step], beta=0, out=gates[step])
            torch.mm(fixed[1], gate_gradients[step % WINDOW], out=adjoint.gradients[0])

    def weights_of_steps() -> None:
        sets = read()
        for window in windows:
            for weight in (*sets.recurrent(window), *sets.recurrent_back(window)):
                assert weight.shape[0]

    def products_of_windows() -> None:
        sets = read()
        sets.start_gradients(needs_coefficients=scheme == "mixture")
        for window in windows:
            steps = slice(window.start, window.stop)
            sets.project(window, x[steps], loop.gates[steps])
            by_gates = products[: len(window)]
            sets.add_gradients(window, (by_gates, by_gates), (x[steps], adjoint.hidden[steps]))
            sets.project_back(window, by_gates, grad_x[steps])
        sets.finish_gradients()

    def steps() -> None:
        for step in numbers:
            loop.advance(step, fixed[0])
        for window in windows:
            adjoint.load(window.start, window.stop, loop.states[0][window.start : window.stop])
            for step in window:
                adjoint.retreat(step, fixed[1])

    return {
        "steps' products": products_of_steps,
        "steps' weights": weights_of_steps,
        "windows' products": products_of_windows,
        "steps, products and element-wise": steps,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", default="1-4", help="numbers of the first and last shape, or of one")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each figure")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="unshared,periodic,basis,mixture", help="schemes, separated by commas")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    first, _, last = arguments.shapes.partition("-")
    for shape in SHAPES[int(first) - 1 : int(last or first)]:
        batch, num_steps, input_size, hidden_size = shape
        flop = 3 * 2 * batch * num_steps * 4 * hidden_size * (input_size + hidden_size)
        print(f"{shape}: products {flop / 1e9:.2f} GFLOP; multiples of nn.LSTM's time, ms in brackets")
        for scheme in arguments.only.split(","):
            whole = runner(scheme, shape, "gradients")
            shown = []
            for name, part in {"all": whole, **parts(scheme, shape)}.items():
                ratio, spent, peer = compare(part, runner("nn.LSTM", shape, "gradients"), arguments.seconds)
                shown.append(f"{name} {ratio:.2f} ({spent:.2f})")
            print(f"  {scheme:9}", "; ".join(shown), f"; nn.LSTM ({peer:.2f})", flush=True)


if __name__ == "__main__":
    main()
