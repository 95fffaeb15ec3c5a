"""Our scores beside the published ones."""

from timeshare.report.answer import Answer
from timeshare.report.entries import ABSENT, UNTRAINED_COLUMNS, Entry, Table
from timeshare.report.files import Row, read_rows
from timeshare.report.results import Results
from timeshare.report.wording import count, listing

METHOD = (
    "The protocol of “Neural Networks and the Chomsky Hierarchy” (Delétang et al., ICLR 2023) on a CPU's budget: "
    "trained on short sequences, scored by the mean accuracy over all longer lengths, in percent; best of the seeds, "
    "as published. An empty cell is a score that was not read in its source."
)
KEYS = ("studies.chomsky", "run.studies")


def answer(results: Results) -> Answer:
    """The best fit of each task, and how many tasks are solved."""
    study = results.studies["chomsky"]
    by_task: dict[str, list[Row]] = {}
    for row in read_rows(study.folder / "table.csv"):
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
                Entry(task),
                Entry(f"{best[task]:.1f}"),
                Entry(", ".join(f"{float(row['score']):.1f}" for row in rows)),
                *(Entry(f"{float(rows[0][name]):.1f}") if rows[0][name] else ABSENT for name in beside),
            )
            for task, rows in by_task.items()
        ],
    )
    known = {task: rows[0]["published_lstm"] for task, rows in by_task.items() if rows[0]["published_lstm"]}
    pairs = [f"{best[task]:.1f} against {float(score):.1f} on {task}" for task, score in known.items()]
    won = sum(score >= solved for score in best.values())
    beside_published = f" Best against the published LSTM: {listing(pairs)}." if pairs else ""
    return Answer(
        f"{won} of {len(best)} tasks solved",
        (f"A task counts as solved from a score of {solved:.0f} on.{beside_published}",),
        table,
    )
