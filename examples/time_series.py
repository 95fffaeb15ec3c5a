"""Which sharing for which series of numbers? Two kinds of series, five schemes, the error of each.

Each step reads 3 numbers, and the target is a weighted sum of those of the last two steps. What these weights do over
time is what the schemes are about:

- drift: they wander, each step a little. So do the relations in a series of measurements of patients after admission,
  for which Oh et al. (MLHC 2019) relaxed the sharing of weights; the task is a small one of theirs.
- cycle: they come back every 4 steps, as with a machine that has four phases.

    python examples/time_series.py
"""

import torch
from torch import Tensor, nn

from timeshare.nn import TimeLSTM

STEPS, INPUTS, MEMORY, HIDDEN, PERIOD = 20, 3, 2, 24, 4
SCHEMES = {
    "shared": {"sharing": "shared"},
    "segments": {"sharing": "segments", "num_sets": 4, "extent": STEPS},
    "periodic": {"sharing": "periodic", "num_sets": PERIOD},
    "basis": {"sharing": "basis", "basis": "rbf", "num_sets": 6, "scale": float(STEPS)},
    "unshared": {"sharing": "unshared", "extent": STEPS},
}


def weights(kind: str, generator: torch.Generator) -> Tensor:
    """What each step's target is made of, float [T, 2 * 3]."""
    if kind == "cycle":
        return torch.randn(PERIOD, MEMORY * INPUTS, generator=generator).repeat(STEPS // PERIOD, 1)
    return torch.randn(STEPS, MEMORY * INPUTS, generator=generator).mul(0.45).cumsum(0)


def series(count: int, made_of: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """(x float [N, T, 3], y float [N, T], of variance 1 at each step)."""
    x = torch.randn(count, STEPS, INPUTS, generator=generator)
    before = torch.cat([torch.zeros(count, 1, INPUTS), x[:, :-1]], dim=1)
    scaled = made_of / made_of.norm(dim=1, keepdim=True)
    return x, (torch.cat([x, before], dim=2) * scaled).sum(2)


def error(kind: str, scheme: dict, steps: int = 120) -> float:
    """The mean squared error on new series after training; of a net that always says the mean it is 1."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    made_of = weights(kind, generator)
    lstm = TimeLSTM(INPUTS, HIDDEN, batch_first=True, **scheme, generator=generator)
    read_out = nn.Linear(HIDDEN, 1)
    optimizer = torch.optim.Adam([*lstm.parameters(), *read_out.parameters()], lr=0.01)
    for _ in range(steps):
        x, y = series(64, made_of, generator)
        optimizer.zero_grad()
        nn.functional.mse_loss(read_out(lstm(x)[0]).squeeze(2), y).backward()
        optimizer.step()
    x, y = series(1000, made_of, generator)
    with torch.inference_mode():
        return float(nn.functional.mse_loss(read_out(lstm(x)[0]).squeeze(2)[:, 1:], y[:, 1:]))


def main() -> dict[str, dict[str, float]]:
    """The error of each scheme on each kind of series."""
    torch.set_num_threads(1)  # these tensors are so small that threads take longer
    found: dict[str, dict[str, float]] = {}
    print("          drift   cycle")
    for name, scheme in SCHEMES.items():
        found[name] = {kind: error(kind, scheme) for kind in ("drift", "cycle")}
        print(f"{name:9}", *(f"{one:6.3f} " for one in found[name].values()))
    return found


if __name__ == "__main__":
    main()
