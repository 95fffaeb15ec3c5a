"""A scheme from outside the package, as a user would write one: in a module of no package."""

from collections.abc import Sequence

from timeshare.nn import Sharing

NO_SCHEME = 3


class Alternating(Sharing):
    """Sets that take turns, each for some steps."""

    def __init__(self, extent: int, steps: int, num_sets: int, shift: int = 0) -> None:
        super().__init__(num_sets, extent)
        self.steps = steps
        self.shift = shift

    def picks(self, numbers: Sequence[int]) -> list[int]:
        return [(number + self.shift) // self.steps % self.num_sets for number in numbers]
