"""A shared RNN that does exactly what an unshared one does: docs/imitation.md, with a net that has learned something.

The unshared net has weights for each of 5 steps and learns to tell whether a 1 comes at an even step before any comes
at an odd one. `imitate` then builds the torch.nn.RNN, five times as wide and with one set of weights, that gives the
same answers.

    python examples/imitation.py
"""

import torch
from torch import Tensor, nn

from timeshare.nn import TimeRNN, imitate, imitated_state

STEPS, HIDDEN = 5, 8


def sentences(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """(x float64 [B, T, 1], lengths int64 [B], labels int64 [B])."""
    lengths = torch.randint(1, STEPS + 1, (count,), generator=generator)
    bits = torch.randint(0, 2, (count, STEPS), generator=generator)
    bits = bits.masked_fill(torch.arange(STEPS) >= lengths.unsqueeze(1), 0)
    first = bits.argmax(1)  # of the largest, the first: of a row of 0s, step 0
    labels = (bits.any(1) & (first % 2 == 0)).long()
    return bits.unsqueeze(2).double(), lengths, labels


def main() -> dict[str, float]:
    """Train the unshared net, imitate it, compare: accuracy, and the largest difference between the logits."""
    torch.set_num_threads(1)  # these tensors are so small that threads take longer
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    unshared = TimeRNN(1, HIDDEN, batch_first=True, sharing="unshared", extent=STEPS, generator=generator).double()
    read_out = nn.Linear(HIDDEN, 2).double()
    optimizer = torch.optim.Adam([*unshared.parameters(), *read_out.parameters()], lr=0.02)
    for _ in range(200):
        x, lengths, labels = sentences(64, generator)
        _, hidden = unshared(x, lengths)
        optimizer.zero_grad()
        nn.functional.cross_entropy(read_out(hidden[-1]), labels).backward()
        optimizer.step()

    shared = imitate(unshared)
    x, lengths, labels = sentences(1000, generator)
    with torch.inference_mode():
        logits = read_out(unshared(x, lengths)[1][-1])
        imitated = read_out(imitated_state(shared(x)[0], lengths, HIDDEN))
    accuracy = float((imitated.argmax(1) == labels).double().mean())
    difference = float((logits - imitated).abs().max())
    print(f"{unshared}\n{shared}\naccuracy {accuracy:.3f}, largest difference of a logit {difference:.1e}")
    return {"accuracy": accuracy, "difference": difference}


if __name__ == "__main__":
    main()
