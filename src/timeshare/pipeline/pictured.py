"""The figures of each seed as pictures in its run.

They are drawn by the report, and not where a model is evaluated: the kit that draws would be code that every evaluation
depends on, and an edit of a colour would ask all models anew. What is drawn of a seed's results is noted in .timeshare,
so that a seed is drawn once.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import altair as alt
import numpy as np
import pyarrow.parquet as pq

from timeshare.core.artifacts import digest, read_json, whole_file
from timeshare.core.config.errors import UserError
from timeshare.pipeline.identity.reads import MADE_OF, SeedReads
from timeshare.pipeline.members import added_run
from timeshare.report import drawing
from timeshare.report.entries import Table
from timeshare.report.figures.lengths import length_figure
from timeshare.report.figures.matrix import matrix_figure
from timeshare.report.pictures import whole
from timeshare.report.results import Results
from timeshare.report.style import GROUNDS, chart_config
from timeshare.tracking.identity import SeedRun
from timeshare.tracking.tracker import Tracker
from timeshare.tracking.workplace import Workplace

_MOST_STEPS = 32  # that a picture tells apart
_MATRIX = 420  # pixels


def record_pictures(root: Path, results: Results, seed_runs: Sequence[SeedRun]) -> None:
    """Draw what is not drawn yet of the seeds that are up to date, and add it to their runs."""
    for seed_run in seed_runs:
        if seed_run.state != "up to date":
            continue
        folder = root / "results" / seed_run.dataset / seed_run.model / str(seed_run.seed)
        note, made = Workplace(root).pictured / seed_run.key, digest(read_json(folder / MADE_OF))
        if note.exists() and note.read_text() == made:
            continue
        trained_by = SeedReads.of_folder(root / "models" / seed_run.dataset / seed_run.model / str(seed_run.seed))
        run = added_run(root, trained_by, seed_run.dataset, seed_run.model)
        with (
            TemporaryDirectory() as scratch,
            Tracker.open(root, results.params.tracking, run) as tracker,
        ):
            for picture in write_seed_pictures(results, seed_run, Path(scratch)):
                tracker.artifact(picture, "figures")
        try:
            with whole_file(note) as file:
                file.write_text(made)
        except UserError:  # It is drawn once more the next time.
            continue


def write_seed_pictures(results: Results, seed_run: SeedRun, folder: Path) -> list[Path]:
    """Write the length curve as SVG and the two matrices as PNG, as far as they were measured."""
    import vl_convert

    dataset, model, seed = seed_run.dataset, seed_run.model, seed_run.seed
    run = results.params.run.model_copy(update={"models": (model,), "seeds": (seed,)})
    alone = Results(
        results.params.model_copy(update={"run": run}),
        {dataset: results.datasets[dataset]},
        {(dataset, model, seed): results.run(dataset, model, seed)},
        {},
        results.root,
    )
    config = chart_config("light", [model]) | {"background": GROUNDS["light"]}
    written = []
    if lengths := length_figure(alone, dataset, [model]):
        written.append(folder / "length.svg")
        written[-1].write_text(vl_convert.vegalite_to_svg(whole(lengths), config=config), encoding="utf-8")
    for name, figure in (("confusion", _confusion(alone, seed_run)), ("similarity", _similarity(alone, seed_run))):
        if figure:
            spec = whole(figure) | {"width": _MATRIX}
            written.append(folder / f"{name}.png")
            written[-1].write_bytes(vl_convert.vegalite_to_png(spec, config=config, scale=1.5))
    return written


def _confusion(results: Results, seed_run: SeedRun) -> drawing.Figure:
    """How often the model gives which label to the test texts of a class."""
    classes = results.datasets[seed_run.dataset].classes
    path = results.root.joinpath("results", seed_run.dataset, seed_run.model, str(seed_run.seed), "predictions.parquet")
    said = pq.read_table(path, columns=["label", "predicted"], filters=[("split", "=", "test"), ("own", "=", True)])
    counts = np.zeros((len(classes), len(classes)), int)
    np.add.at(counts, (said["label"].to_numpy(), said["predicted"].to_numpy()), 1)
    shares = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    records: list[drawing.Record] = [
        {"label": label, "predicted": other, "count": int(counts[row, column]), "share": float(shares[row, column])}
        for row, label in enumerate(classes)
        for column, other in enumerate(classes)
    ]
    base = drawing.chart("counts").encode(
        x=alt.X("predicted:N", sort=classes), y=alt.Y("label:N", sort=classes, title="label")
    )
    scale = alt.Scale(scheme="blues", domain=[0, 1])
    layers = [
        base.mark_rect().encode(
            color=alt.Color("share:Q", scale=scale, title="share of the class", legend=alt.Legend(format=".0%"))
        ),
        base.mark_text().encode(
            text="count:Q", color=alt.condition("datum.share > 0.5", alt.value("white"), alt.value("black"))
        ),
    ]
    title = f"Test texts of {seed_run.dataset} by label and prediction: {seed_run.model}, seed {seed_run.seed}"
    return drawing.figure("confusion", title, layers, {"counts": records}, Table(title, [], []), height=_MATRIX)


def _similarity(results: Results, seed_run: SeedRun) -> drawing.Figure | None:
    """How alike the weights of each two steps are; None where they are one set."""
    rows = results.read_table(seed_run.dataset, seed_run.model, seed_run.seed, "similarity.csv")
    steps = list(dict.fromkeys(row["step_a"] for row in rows))
    shown = set(steps[:: -(-len(steps) // _MOST_STEPS)]) if steps else set()
    cosines = {
        (row["step_a"], row["step_b"]): float(row["similarity"])
        for row in rows
        if row["step_a"] in shown and row["step_b"] in shown
    }
    if not cosines:
        return None
    title = f"Similarity of the weights of steps on {seed_run.dataset}: {seed_run.model}, seed {seed_run.seed}"
    lines = [step for step in steps if step in shown]
    return matrix_figure("similarity", title, cosines, lines, "step", height=_MATRIX)
