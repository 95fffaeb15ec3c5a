"""Does one net with shared weights imitate, exactly, a net with weights of its own for each step? (Q10)

Random unshared plain nets against the shared ones that nn.imitate builds of them, on random input in float64, at every
length: the largest difference of any number of the final state is that of rounding. The price is the width.
"""

from collections.abc import Iterator
from pathlib import Path

import torch

from timeshare.core.seeding import torch_generator
from timeshare.models.parameters import count_parameters
from timeshare.nn import TimeRNN
from timeshare.nn.imitation import imitate, imitated_state
from timeshare.questions.imitation.settings import ImitationSettings
from timeshare.questions.records import Record, over_seeds, write_summary, write_table

METRICS = ("difference", "unshared_parameters", "shared_parameters", "unshared_size", "shared_size")


def run(settings: ImitationSettings, folder: Path) -> None:
    """Write differences.csv (one row a net and length) and summary.json, whose differences are the largest of all."""
    records = [
        record for steps in settings.steps for seed in settings.seeds for record in differences(steps, seed, settings)
    ]
    write_table(folder / "differences.csv", records)
    largest: dict[tuple[int, int], Record] = {}
    for record in records:
        net = record["steps"], record["seed"]
        if net not in largest or record["difference"] > largest[net]["difference"]:
            largest[net] = record
    write_summary(folder, "imitation", settings.seeds, over_seeds(largest.values(), ("steps",), METRICS), {})


def differences(steps: int, seed: int, settings: ImitationSettings) -> Iterator[Record]:
    """Imitate one random net of `steps` steps, and compare the two at every length."""
    generator = torch_generator(seed, "imitation", steps)
    unshared = TimeRNN(
        settings.input_size,
        settings.hidden_size,
        batch_first=True,
        sharing="unshared",
        extent=steps,
        generator=generator,
    ).double()
    shared = imitate(unshared)
    x = torch.randn(settings.batch_size, steps, settings.input_size, generator=generator, dtype=torch.float64)
    for length in range(1, steps + 1):
        lengths = torch.full((settings.batch_size,), length)
        with torch.inference_mode():
            _, state = unshared(x, lengths)
            output, _ = shared(x[:, :length])
        difference = (imitated_state(output, lengths, settings.hidden_size) - state[0]).abs().max()
        yield {
            "steps": steps,
            "seed": seed,
            "length": length,
            "difference": difference.item(),
            "unshared_parameters": count_parameters(unshared),
            "shared_parameters": count_parameters(shared),
            "unshared_size": settings.hidden_size,
            "shared_size": shared.hidden_size,
        }
