"""The studies that repeat published experiments: the formal tasks of the Chomsky hierarchy, and weights that drift."""

from timeshare.report.answers.parts import Answer, lacks_study, not_measured
from timeshare.report.cells import ABSENT, UNTRAINED_COLUMNS, Cell, Table
from timeshare.report.results import Results, Row, Study
from timeshare.report.wording import Direction, bracketed, compared, count, listing

_CHOMSKY = "Do the published scores on formal languages come out again?"
_CHOMSKY_METHOD = (
    "The protocol of “Neural Networks and the Chomsky Hierarchy” (Delétang et al., ICLR 2023) on a CPU's budget: "
    "trained on short sequences, scored by the mean accuracy over all longer lengths, in percent; best of the seeds, "
    "as published. An empty cell is a score that was not read in its source."
)
_RELAXED = "Which sharing scheme wins when the weights to be learned drift over time?"
_RELAXED_METHOD = (
    "The synthetic task of “Relaxed Parameter Sharing” (Oh et al., MLHC 2019): the weights of the last steps change by "
    "up to delta from step to step. Squared test error over the variance of the targets: 0 is perfect, 1 is what their "
    "mean gets."
)


def chomsky(results: Results) -> Answer:
    """Our scores beside the published ones."""
    keys = ("studies.chomsky", "run.studies")
    study = results.studies.get("chomsky")
    if study is None:
        return not_measured(_CHOMSKY, lacks_study(results, "chomsky"), _CHOMSKY_METHOD, keys)
    by_task: dict[str, list[Row]] = {}
    for row in study.table:
        by_task.setdefault(row["task"], []).append(row)
    best = {task: max(float(row["score"]) for row in rows) for task, rows in by_task.items()}
    solved = float(study.facts["solved"])
    beside = ("constant", "random", "published_lstm", "rerun_lstm", "published_transformer")
    table = Table(
        f"Score in percent over lengths {study.facts['longest'] + 1} to {study.facts['scored_to']}, after "
        f"{count(study.facts['steps'])} batches.",
        ["task", "best", "every fit", *UNTRAINED_COLUMNS, "published LSTM", "later re-run", "published Transformer"],
        [
            (
                Cell(task),
                Cell(f"{best[task]:.1f}"),
                Cell(", ".join(f"{float(row['score']):.1f}" for row in rows)),
                *(Cell(f"{float(rows[0][name]):.1f}") if rows[0][name] else ABSENT for name in beside),
            )
            for task, rows in by_task.items()
        ],
    )
    known = {task: rows[0]["published_lstm"] for task, rows in by_task.items() if rows[0]["published_lstm"]}
    pairs = [f"{best[task]:.1f} against {float(score):.1f} on {task}" for task, score in known.items()]
    won = sum(score >= solved for score in best.values())
    beside_published = f" Best against the published LSTM: {listing(pairs)}." if pairs else ""
    return Answer(
        question=_CHOMSKY,
        verdict=f"{won} of {len(best)} tasks solved",
        sentences=(f"A task counts as solved from a score of {solved:.0f} on.{beside_published}",),
        method=_CHOMSKY_METHOD,
        keys=keys,
        table=table,
    )


def relaxed(results: Results) -> Answer:
    """Test errors by scheme and drift."""
    keys = ("studies.relaxed", "run.studies")
    study = results.studies.get("relaxed")
    if study is None:
        return not_measured(_RELAXED, lacks_study(results, "relaxed"), _RELAXED_METHOD, keys)
    deltas = list(dict.fromkeys(variant.keys["delta"] for variant in study.variants))
    schemes = list(dict.fromkeys(str(variant.keys["scheme"]) for variant in study.variants))
    winners = study.facts["winners"]
    nets = {(str(one.keys["scheme"]), one.keys["delta"]): one for one in study.variants}
    words = Direction("higher", "lower")
    sentences = [
        f"Least mean test error: {listing([f'{winners[str(delta)]} at delta {delta:g}' for delta in deltas])}."
    ]
    others = [scheme for scheme in schemes if scheme != "shared"] if "shared" in schemes else []
    for scheme in others:
        found = [
            (f"delta {delta:g}", difference)
            for delta in deltas
            if (difference := results.study_difference(study, nets[scheme, delta], nets["shared", delta], "test_error"))
        ]
        if found:
            sentences.append(f"Error of {scheme} against shared: {compared(found, words, shares=False, where='at')}.")
    return Answer(
        question=_RELAXED,
        verdict=winners[str(deltas[0])] if len(set(winners.values())) == 1 else "Depends on the drift",
        sentences=sentences,
        method=_RELAXED_METHOD,
        keys=keys,
        table=Table(
            "Test error over variance: mean over seeds with its interval.",
            ["scheme", *(f"delta {delta:g}" for delta in deltas)],
            [
                *((Cell(scheme), *(_error(results, study, scheme, delta) for delta in deltas)) for scheme in schemes),
                (Cell("constant (mean)"), *[Cell("1.000")] * len(deltas)),
            ],
        ),
    )


def _error(results: Results, study: Study, scheme: str, delta: float) -> Cell:
    for variant in study.variants:
        if variant.keys["scheme"] == scheme and variant.keys["delta"] == delta:
            summary = results.study_summary(study, variant, "test_error")
            return ABSENT if summary is None else Cell(f"{summary.mean:.3f}", bracketed(summary, 3))
    return ABSENT
