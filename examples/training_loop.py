"""A training loop of one's own, in plain torch: which weights W(t) suit a rule that alternates from step to step?

A sentence is a row of 0s and 1s. Those at even steps vote for, those at odd steps against, and the label says which
side has more. A net with two sets of weights in turn (`periodic`) has the rule in its structure, and reads longer
sentences too. One with shared weights has to keep count of even and odd in its state, which takes longer to learn; one
with weights for each step learns every step by itself, and has none for the steps beyond.

    python examples/training_loop.py
"""

import torch
from torch import Tensor, nn

from timeshare.nn import TimeLSTM

SCHEMES = {
    "shared": {"sharing": "shared"},
    "periodic": {"sharing": "periodic", "num_sets": 2},
    "unshared": {"sharing": "unshared", "extent": 12},
}


def sentences(count: int, shortest: int, longest: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """(tokens int64 [B, T], lengths int64 [B], labels int64 [B]); right-padded with 0."""
    lengths = torch.randint(shortest, longest + 1, (count,), generator=generator)
    steps = torch.arange(longest)
    tokens = torch.randint(0, 2, (count, longest), generator=generator).masked_fill(steps >= lengths.unsqueeze(1), 0)
    votes = (tokens * (1 - 2 * (steps % 2))).sum(1)
    return tokens, lengths, (votes > 0).long()


class Classifier(nn.Module):
    """Embed, read, classify the state at each sentence's own end."""

    def __init__(self, scheme: dict, generator: torch.Generator) -> None:
        super().__init__()
        self.embedding = nn.Embedding(2, 4)
        self.lstm = TimeLSTM(4, 16, batch_first=True, **scheme, generator=generator)
        self.read_out = nn.Linear(16, 2)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Logits, float [B, 2]."""
        _, (hidden, _) = self.lstm(self.embedding(tokens), lengths)
        return self.read_out(hidden[-1])


def train(scheme: dict, steps: int = 120) -> tuple[float, float]:
    """Train on sentences of 1 to 12 steps; the accuracies on new ones, and on those of 13 to 24 steps."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    model = Classifier(scheme, generator)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        tokens, lengths, labels = sentences(64, 1, 12, generator)
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(tokens, lengths), labels).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    model.eval()
    return accuracy(model, 1, 12), accuracy(model, 13, 24)


@torch.inference_mode()
def accuracy(model: Classifier, shortest: int, longest: int) -> float:
    """On 2,000 sentences."""
    tokens, lengths, labels = sentences(2000, shortest, longest, torch.Generator().manual_seed(1))
    return float((model(tokens, lengths).argmax(1) == labels).float().mean())


def main() -> dict[str, tuple[float, float]]:
    """Train a classifier for each scheme; the accuracies."""
    torch.set_num_threads(1)  # these tensors are so small that threads take longer
    found = {}
    print("            1 to 12 steps   13 to 24 steps")
    for name, scheme in SCHEMES.items():
        found[name] = train(scheme)
        print(f"{name:10} {found[name][0]:14.3f} {found[name][1]:16.3f}")
    return found


if __name__ == "__main__":
    main()
