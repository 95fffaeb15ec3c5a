"""Test errors by scheme and drift."""

from timeshare.report.answer import Answer
from timeshare.report.entries import Entry, Table, estimate_entry
from timeshare.report.results import Results
from timeshare.report.roles import study_differences
from timeshare.report.wording import HIGHER, compared, listing

METHOD = (
    "The synthetic task of “Relaxed Parameter Sharing” (Oh et al., MLHC 2019): the weights of the last steps change "
    "by up to delta from step to step. Squared test error over the variance of the targets: 0 is perfect, 1 is what "
    "their mean gets."
)
KEYS = ("studies.relaxed", "run.studies")


def answer(results: Results) -> Answer:
    """Which scheme has the least error at each drift, and each scheme against the shared one."""
    study = results.studies["relaxed"]
    deltas = list(dict.fromkeys(variant.keys["delta"] for variant in study.variants))
    schemes = list(dict.fromkeys(str(variant.keys["scheme"]) for variant in study.variants))
    winners = study.facts["winners"]
    nets = {(str(one.keys["scheme"]), one.keys["delta"]): one for one in study.variants}
    sentences = [
        f"Least mean test error: {listing([f'{winners[str(delta)]} at delta {delta:g}' for delta in deltas])}."
    ]
    others = [scheme for scheme in schemes if scheme != "shared"] if "shared" in schemes else []
    for scheme in others:
        pairs = [(f"delta {delta:g}", nets[scheme, delta], nets["shared", delta]) for delta in deltas]
        if found := study_differences(results, study, pairs, "test_error"):
            said = compared(found, HIGHER, shares=False, where="at")
            sentences.append(f"Error of {scheme}, compared with shared: {said}.")
    errors = {net: results.study_summary(study, variant, "test_error") for net, variant in nets.items()}
    rows = [
        (Entry(scheme), *(estimate_entry(errors[scheme, delta], "{:.3f}".format) for delta in deltas))
        for scheme in schemes
    ]
    rows.append((Entry("constant (mean)"), *[Entry("1.000")] * len(deltas)))
    columns = ["scheme", *(f"delta {delta:g}" for delta in deltas)]
    return Answer(
        winners[str(deltas[0])] if len(set(winners.values())) == 1 else "Depends on the drift",
        sentences,
        Table("Test error over variance: mean over seeds with its interval.", columns, rows),
    )
