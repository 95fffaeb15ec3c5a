"""The largest difference between a net and its imitation."""

from timeshare.report.answer import Answer
from timeshare.report.entries import Entry, Table
from timeshare.report.results import Results
from timeshare.report.wording import count, listing, scientific

METHOD = (
    "Random plain nets with weights for each step, and for each a net with one set that imitates it: T times as wide, "
    "its recurrent weights block sub-diagonal, so that block t holds at step t what the other net's state is. "
    "Compared in float64 on random input at every length; the LSTM is not covered, for its cell state takes another "
    "way."
)
KEYS = ("studies.imitation", "run.studies")
_SIZES = ("unshared_size", "shared_size", "unshared_parameters", "shared_parameters")
_ROUNDING = 1e-9  # far above what float64 loses here, far below any difference of substance


def answer(results: Results) -> Answer:
    """Whether it is that of rounding, and what the imitation costs."""
    study = results.studies["imitation"]
    sizes = {
        int(one.keys["steps"]): {name: max(values.values()) for name, values in one.metrics.items()}
        for one in study.variants
    }
    largest = max(size["difference"] for size in sizes.values())
    exact = largest < _ROUNDING
    widths = [
        f"{count(size['shared_size'])} units for {count(size['unshared_size'])} over {steps} steps"
        for steps, size in sizes.items()
    ]
    columns = ["steps", "largest difference", "units", "of the imitation", "parameters", "of the imitation"]
    rows = [
        (Entry(str(steps)), Entry(scientific(size["difference"])), *(Entry(count(size[name])) for name in _SIZES))
        for steps, size in sizes.items()
    ]
    return Answer(
        "Yes, at a price in width" if exact else "No",
        (
            "The state of a wider net with one set of weights differs from that of a net with weights for each step by "
            f"at most {scientific(largest)}{', which is rounding' if exact else ''}; it takes {listing(widths)}.",
        ),
        Table("The largest difference over all seeds, inputs and lengths, and the sizes.", columns, rows),
    )
