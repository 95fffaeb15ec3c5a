"""Each use of chance has a stream of its own."""

import numpy as np
import torch

from timeshare.core.seeding import derived_seed, numpy_generator, torch_generator


def test_a_stream_depends_on_the_seed_and_every_part_of_its_name() -> None:
    seeds = {derived_seed(0, "a"), derived_seed(1, "a"), derived_seed(0, "b"), derived_seed(0, "a", 1)}
    assert len(seeds) == 4
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_generators_repeat_their_stream_and_leave_global_state_alone() -> None:
    before = torch.get_rng_state()
    first, second = (torch.rand(3, generator=torch_generator(7, "weights")) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(before, torch.get_rng_state())
    assert np.array_equal(numpy_generator(7, "x").integers(100, size=9), numpy_generator(7, "x").integers(100, size=9))
