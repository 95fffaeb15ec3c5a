"""One trained net, evaluated under each rule for steps that it has no weights for.

The net has weights for 6 steps and is trained on sentences of up to 6. In longer ones `hold` stays at the last step's
weights, `cycle` begins again with the first's, `error` refuses. Here the bits at even steps vote for and those at odd
steps against, so that cycling is the better rule: a choice of the evaluation, not of the training. It is not perfect
either: the first step's recurrent weights met nothing but the zero state in training, and stayed what they were.

    python examples/beyond_the_extent.py
"""

import torch
from torch import Tensor, nn

from timeshare.nn import TimeLSTM

EXTENT = 6
LENGTHS = (2, 4, 6, 8, 10, 12)


def sentences(count: int, length: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """(x float [B, T, 1], labels int64 [B]): whether the bits at even steps outnumber those at odd ones."""
    bits = torch.randint(0, 2, (count, length), generator=generator)
    votes = (bits * (1 - 2 * (torch.arange(length) % 2))).sum(1)
    return bits.unsqueeze(2).float(), (votes > 0).long()


def trained(steps: int = 250) -> tuple[TimeLSTM, nn.Linear]:
    """A net trained on sentences of up to EXTENT steps, and its read-out."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    lstm = TimeLSTM(1, 16, batch_first=True, sharing="unshared", extent=EXTENT, generator=generator)
    read_out = nn.Linear(16, 2)
    optimizer = torch.optim.Adam([*lstm.parameters(), *read_out.parameters()], lr=0.01)
    for step in range(steps):
        x, labels = sentences(64, 1 + step % EXTENT, generator)
        _, (hidden, _) = lstm(x)
        optimizer.zero_grad()
        nn.functional.cross_entropy(read_out(hidden[-1]), labels).backward()
        optimizer.step()
    return lstm, read_out


def main() -> dict[str, dict[int, float | None]]:
    """The accuracy under each rule at each length; None where the rule refuses."""
    torch.set_num_threads(1)  # these tensors are so small that threads take longer
    lstm, read_out = trained()
    found: dict[str, dict[int, float | None]] = {}
    print("length", *(f"{length:5}" for length in LENGTHS))
    for rule in ("hold", "cycle", "error"):
        lstm.beyond = rule
        found[rule] = {}
        for length in LENGTHS:
            x, labels = sentences(2000, length, torch.Generator().manual_seed(length))
            try:
                with torch.no_grad():
                    _, (hidden, _) = lstm(x)
            except ValueError:  # 8 steps, but there are weights for 6 only and beyond='error'
                found[rule][length] = None
            else:
                found[rule][length] = float((read_out(hidden[-1]).argmax(1) == labels).float().mean())
        row = ("    -" if share is None else f"{share:5.2f}" for share in found[rule].values())
        print(f"{rule:6}", *row)
    return found


if __name__ == "__main__":
    main()
