"""The schemes: which sets, in which proportions, at which step."""

import inspect
import math

import pytest
import torch

from timeshare.nn.choices import load
from timeshare.nn.schemes import SCHEMES, build_sharing, scheme_of
from timeshare.nn.schemes.basis import Basis
from timeshare.nn.schemes.mixture import Mixture
from timeshare.nn.schemes.periodic import Periodic
from timeshare.nn.schemes.segments import Segments
from timeshare.nn.schemes.shared import Shared
from timeshare.nn.schemes.sharing import Sharing, within_extent
from timeshare.nn.schemes.unshared import Unshared

STEPS = range(7)


def test_each_scheme_picks_its_sets() -> None:
    assert Shared().picks(STEPS) == [0, 0, 0, 0, 0, 0, 0]
    assert Unshared(4).picks(STEPS) == [0, 1, 2, 3, 3, 3, 3]
    assert Unshared(4, "cycle").picks(STEPS) == [0, 1, 2, 3, 0, 1, 2]
    assert Periodic(3).picks(STEPS) == [0, 1, 2, 0, 1, 2, 0]
    assert Segments(5, num_sets=2).picks(STEPS) == [0, 0, 0, 1, 1, 1, 1]
    assert Segments(5, num_sets=2, beyond="cycle").picks(STEPS) == [0, 0, 0, 1, 1, 0, 0]
    assert Segments(6, bounds=(1, 4)).picks(STEPS) == [0, 1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize(("extent", "num_sets"), [(5, 2), (7, 3), (8, 8), (40, 6), (9, 1)])
def test_equal_segments_are_blocks_that_differ_by_one_step_at_most(extent: int, num_sets: int) -> None:
    picks = Segments(extent, num_sets).picks(range(extent))
    sizes = [picks.count(k) for k in range(num_sets)]
    assert picks == sorted(picks)
    assert max(sizes) - min(sizes) <= 1


def test_steps_counted_from_the_end_end_on_the_extents_last() -> None:
    assert Unshared(4).step_numbers(3, "end") == range(1, 4)
    assert Unshared(4).picks(Unshared(4).step_numbers(6, "end")) == [0, 0, 0, 1, 2, 3]
    assert Unshared(4, "cycle").picks(Unshared(4).step_numbers(6, "end")) == [2, 3, 0, 1, 2, 3]
    # Without an extent the last step is number -1, so that the last step always uses the last set of the period.
    assert Periodic(3).picks(Periodic(3).step_numbers(5, "end")) == [1, 2, 0, 1, 2]


@pytest.mark.parametrize("numbers", [[0, 4], [-1, 2]])
def test_beyond_error_refuses_steps_outside_the_extent(numbers: list[int]) -> None:
    with pytest.raises(ValueError, match="weights for 4 only and beyond='error'"):
        within_extent(numbers, 4, "error")
    assert within_extent(STEPS[:4], 4, "error") == [0, 1, 2, 3]


def test_one_hot_coefficients_say_what_the_picks_say() -> None:
    sharing = Segments(5, num_sets=2)
    assert sharing.coefficients(STEPS).argmax(dim=1).tolist() == sharing.picks(STEPS)
    assert sharing.coefficients(STEPS).sum(dim=1).tolist() == [1.0] * 7


def test_a_mixture_is_the_softmax_of_its_logits_and_holds_the_last() -> None:
    mixture = Mixture(2, extent=3)
    with torch.no_grad():
        mixture.logits.copy_(torch.tensor([[0.0, 0.0], [math.log(3), 0.0], [0.0, math.log(4)]]))
    expected = [[0.5, 0.5], [0.75, 0.25], [0.2, 0.8], [0.2, 0.8]]
    torch.testing.assert_close(mixture.coefficients(range(4)), torch.tensor(expected))
    mixture.beyond = "cycle"
    torch.testing.assert_close(mixture.coefficients(range(4)), torch.tensor([*expected[:3], expected[0]]))
    mixture.beyond = "error"
    with pytest.raises(ValueError, match="weights for 3 only"):
        mixture.coefficients(range(4))


def test_the_fourier_basis_is_a_series_of_period_scale() -> None:
    values = Basis(5, "fourier", scale=8).coefficients([0, 1, 2, 8, 9])
    half = math.sqrt(0.5)
    expected = [[1, 1, 0, 1, 0], [1, half, half, 0, 1], [1, 0, 1, -1, 0], [1, 1, 0, 1, 0], [1, half, half, 0, 1]]
    torch.testing.assert_close(values, torch.tensor(expected, dtype=torch.float64), atol=1e-12, rtol=0)


def test_the_polynomial_basis_is_the_powers_of_time_in_units_of_scale() -> None:
    values = Basis(3, "polynomial", scale=2).coefficients([0, 1, 3])
    assert values.tolist() == [[1, 0, 0], [1, 0.5, 0.25], [1, 1.5, 2.25]]


def test_radial_functions_sum_to_one_and_the_nearest_wins_far_outside() -> None:
    values = Basis(4, "rbf", scale=9).coefficients([0, 4, 9, 5000])
    torch.testing.assert_close(values.sum(dim=1), torch.ones(4, dtype=torch.float64))
    assert values[0].argmax() == 0
    assert values[2].argmax() == 3
    assert values[3].tolist() == [0, 0, 0, 1]
    peak, neighbour = Basis(2, "rbf", scale=1).coefficients([0])[0]
    assert float(neighbour / peak) == pytest.approx(math.exp(-0.5))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sharing": "sometimes"}, "sharing must be one of shared, unshared, .*'sometimes'"),
        ({"sharing": "unshared"}, "'unshared' needs extent"),
        ({"sharing": "mixture", "extent": 3}, "'mixture' needs num_sets"),
        ({"sharing": "basis", "num_sets": 3}, "'basis' needs scale or extent"),
        *(
            (
                {"sharing": "basis", "num_sets": 3, "extent": 4, "scale": scale},
                f"above 0 steps, and finite; it is {scale}",
            )
            for scale in (0.0, -1.0, math.nan, math.inf)
        ),
        ({"sharing": "basis", "num_sets": 3, "scale": 1.0, "basis": "wavelet"}, "basis must be one of .*'wavelet'"),
        ({"sharing": "periodic", "num_sets": 0}, "num_sets must be at least 1; it is 0"),
        ({"sharing": "unshared", "extent": 0}, "extent must be at least 1; it is 0"),
        ({"sharing": "unshared", "extent": 3, "beyond": "loop"}, "beyond must be one of .*'loop'"),
        ({"sharing": "segments", "extent": 3}, "'segments' needs num_sets or bounds"),
        ({"sharing": "segments", "extent": 3, "num_sets": 4}, "4 segments need an extent of as many steps; it is 3"),
        ({"sharing": "segments", "extent": 3, "num_sets": 2, "bounds": (1, 2)}, "2 bounds make 3 segments"),
        ({"sharing": "segments", "extent": 4, "bounds": (2, 2)}, r"bounds must ascend within 1 \.\. 3"),
        ({"sharing": "segments", "extent": 4, "bounds": (0, 2)}, r"bounds must ascend within 1 \.\. 3"),
        ({"sharing": "segments", "extent": 4, "bounds": (2, 4)}, r"bounds must ascend within 1 \.\. 3"),
        ({"sharing": "shared", "num_sets": 4}, "'shared' has no use for num_sets; leave it out"),
        ({"sharing": "unshared", "extent": 3, "num_sets": 4}, "'unshared' has no use for num_sets"),
        ({"sharing": "periodic", "num_sets": 2, "bounds": (1,)}, "'periodic' has no use for bounds"),
        ({"sharing": "mixture", "num_sets": 2, "extent": 3, "scale": 2.0}, "'mixture' has no use for scale"),
        ({"sharing": "hyper", "num_sets": 2}, "'hyper' has no use for num_sets"),
        ({"sharing": "shared", "beyond": "loop"}, "beyond must be one of .*'loop'"),
        ({"sharing": "periodic", "num_sets": 2, "extent": 0}, "extent must be at least 1; it is 0"),
        ({"sharing": "shared", "basis": "wavelet"}, "basis must be one of .*'wavelet'"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_sharing(arguments["sharing"], {**arguments, "sharing": None})


@pytest.mark.parametrize("name", SCHEMES)
def test_every_scheme_takes_extent_beyond_and_basis(name: str) -> None:
    given = {option: value for option, value in {"num_sets": 2, "scale": 4.0}.items() if option in SCHEMES[name].reads}
    built = build_sharing(name, {"extent": 4, "beyond": "cycle", "basis": "rbf", **given})
    assert built.beyond == ("cycle" if built.extent else "hold")


@pytest.mark.parametrize("name", SCHEMES)
def test_a_record_says_what_its_class_reads_and_needs(name: str) -> None:
    scheme = SCHEMES[name]
    arguments = inspect.signature(load(scheme.place)).parameters
    assert set(scheme.reads) == set(arguments)
    needed = {option for option, argument in arguments.items() if argument.default is inspect.Parameter.empty}
    assert needed - {"extent"} == {need for need in scheme.needs if " or " not in need}
    every = {"num_sets": 3, "extent": 8}
    for need in scheme.needs:
        with pytest.raises(ValueError, match=f"sharing '{name}' needs {need}"):
            scheme.build({option: value for option, value in every.items() if option not in need})
    built = scheme.build(every)
    built.reset_parameters(torch.Generator().manual_seed(0))
    moved = [built.coefficients(range(start, start + 3)) for start in (0, 4)]
    assert scheme.by_step == (not torch.equal(*moved))


class Pair(Sharing):
    """A scheme of one's own."""

    def __init__(self, extent: int, rate: float, num_sets: int = 2, beyond: str = "hold") -> None:
        super().__init__(num_sets)


def test_a_scheme_of_ones_own_is_its_class() -> None:
    scheme = scheme_of(f"{__name__}:Pair", Pair)
    assert scheme.reads == ("extent", "rate", "num_sets", "beyond")
    assert scheme.needs == ("rate",)
    assert scheme.build({"extent": 5, "rate": 0.5, "num_sets": 3}).num_sets == 3


@pytest.mark.parametrize("other", [int, 3, None])
def test_what_is_no_scheme_is_refused_in_one_line(other: object) -> None:
    with pytest.raises(ValueError, match=r"^is 'm:N', which is not a subclass of timeshare.nn.Sharing; make it one$"):
        scheme_of("m:N", other)


def test_an_option_of_a_wrong_type_is_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match=f"sharing '{__name__}:Pair': .*not supported between"):
        scheme_of(f"{__name__}:Pair", Pair).build({"extent": 5, "rate": 0.5, "num_sets": "x"})
