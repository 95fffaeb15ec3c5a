"""Each claim follows from the numbers: change the numbers, and the words change."""

import ast
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from timeshare.report.answers import QUESTIONS, answers

from tests.report.fixture import MODELS, STUDIES, make_params, write_tree
from timeshare.core.config import Params, UserError
from timeshare.report.reading import read_results
from timeshare.report.results import Results, Variant


def set_metric(root: Path, dataset: str, model: str, metric: str, values: tuple[float, ...]) -> None:
    """Give a metric a value a seed."""
    for seed, value in enumerate(values):
        path = root / "results" / dataset / model / str(seed) / "metrics.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {metric: value}))


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


def test_each_question_has_an_answer_in_order(tree: Path, params: Params) -> None:
    found = answers(read_results(params, tree))
    assert list(found) == [f"Q{number}" for number in range(1, 16)]
    for answer in found.values():
        assert answer.question.endswith("?")
        assert answer.sentences[0].endswith(".")
        assert answer.method.endswith(".")
        assert answer.keys
    assert all(answer.figures for answer in (found["Q1"], found["Q2"], found["Q3"], found["Q4"], found["Q6"]))


@pytest.mark.parametrize(
    ("unshared", "verdict", "sentence"),
    [
        ((0.5, 0.5, 0.5), "Yes", "`shared` against `unshared`: more accurate on parity (by 40.0 points [40.0, 40.0])"),
        ((0.9, 0.9, 0.9), "No difference", "`unshared`: no difference on parity (0.0 [0.0, 0.0])"),
        ((0.85, 0.9, 0.95), "No difference", "no difference on parity (0.0 [-5.0, +5.0])"),
        ((1.0, 1.0, 0.96), "No, the reverse", "`unshared`: less accurate on parity (by 8.7 points [6.0, 10.0])"),
    ],
)
def test_unseen_lengths(tree: Path, tmp_path: Path, unshared: tuple[float, ...], verdict: str, sentence: str) -> None:
    root = shutil.copytree(tree, tmp_path / "copy")
    set_metric(root, "parity", "shared", "length_score", (0.9, 0.9, 0.9))
    for metric in ("length_score", "length_score/hold", "length_score/cycle"):
        set_metric(root, "parity", "unshared", metric, unshared)
    answer = QUESTIONS["Q1"](read_results(make_params(datasets=("parity",)), root))
    assert answer.verdict == verdict
    assert sentence in plain(answer.sentences[0])


def test_more_weights_are_judged_on_test_texts_and_overfit(copy: Path) -> None:
    set_metric(copy, "parity", "shared", "accuracy", (0.9, 0.9, 0.9))
    set_metric(copy, "parity", "unshared", "accuracy", (0.8, 0.8, 0.8))
    set_metric(copy, "parity", "shared", "overfit", (0.0, 0.0, 0.0))
    set_metric(copy, "parity", "unshared", "overfit", (0.2, 0.2, 0.2))
    set_metric(copy, "parity", "shared", "parameters", (1000.0,) * 3)
    set_metric(copy, "parity", "unshared", "parameters", (40_000.0,) * 3)
    answer = QUESTIONS["Q2"](read_results(make_params(datasets=("parity",)), copy))
    assert answer.verdict == "No, worse"
    assert "with 40 times the parameters, against `shared`: less accurate on parity (by 10.0" in plain(
        answer.sentences[0]
    )
    assert "Overfit of `unshared` against `shared`: more on parity (by 20.0" in plain(answer.sentences[1])


def test_moved_words_need_reorderings(tmp_path: Path) -> None:
    params = make_params(datasets=("movie_reviews",), resamples=100)
    write_tree(tmp_path, params)
    results = read_results(params, tmp_path)
    moved, changed = QUESTIONS["Q3"](results), QUESTIONS["Q4"](results)
    assert moved.verdict == "Not measured by this run"
    assert moved.sentences == ("No dataset of the run has reorderings with known labels.",)
    assert "a full shuffle changes" in changed.sentences[0]
    assert changed.verdict == "Shuffles only"


@pytest.mark.parametrize(
    ("sensitivity", "verdict"),
    [
        ((0.9, 0.92, 0.94), "Yes"),
        # Five classes: a guess gets both members right in 1 of 25 pairs.
        ((0.03, 0.04, 0.05), "No better than guessing"),
        ((0.041, 0.05, 0.06), "Yes"),
    ],
)
def test_changed_order_must_beat_a_guess(copy: Path, sensitivity: tuple[float, ...], verdict: str) -> None:
    set_metric(copy, "sentences", "shared", "order_sensitivity", sensitivity)
    assert QUESTIONS["Q4"](read_results(make_params(datasets=("sentences",)), copy)).verdict == verdict


def test_padding_is_judged_within_the_extent_alone(tmp_path: Path) -> None:
    params = make_params(datasets=("parity",), models=("shared", "unshared_padded"), resamples=100)
    write_tree(tmp_path, params)
    for model, right in (("shared", 10), ("unshared_padded", 5)):
        rules = ("hold", "cycle") if model == "unshared_padded" else ("",)
        rows = [f",{length},10,{right},4" for length in range(1, 81)]
        rows += [f"{rule},{length},10,0,4" for rule in rules for length in range(81, 101)]  # beyond the extent
        for seed in (0, 1, 2):
            path = tmp_path / "results/parity" / model / str(seed) / "lengths.csv"
            path.write_text("\n".join(["rule,length,rows,correct,constant", *rows]) + "\n")
    answer = QUESTIONS["Q5"](read_results(params, tmp_path))
    assert answer.verdict == "No"
    assert "`unshared_padded` against `shared`: less accurate on parity (by 50.0" in plain(answer.sentences[0])
    assert answer.table is not None
    assert answer.table.rows[0][2].text == "41 to 80"
    assert [[cell.text for cell in row[1:4:2]] for row in answer.table.rows] == [
        ["unshared_padded", "50.0%"],
        ["constant (majority)", "40.0%"],
        ["random guess", "50.0%"],
    ]


def test_layouts_are_told_from_meta(tree: Path, params: Params) -> None:
    answer = QUESTIONS["Q6"](read_results(params, tree))
    assert "41.2% on sentences and 48.7% on parity" in answer.sentences[0]
    assert "bucketing on sentences (7 shapes) and exact on parity (40 shapes)" in answer.sentences[1]


def test_times_of_batching_are_those_of_the_benchmark_if_it_was_run(copy: Path, params: Params) -> None:
    without = QUESTIONS["Q6"](read_results(params, copy))
    assert "`make bench-batching`" in without.sentences[2]
    assert [figure.id for figure in without.figures] == ["waste"]
    rows = [
        "regime,seconds_per_epoch,tokens_per_second,padding_waste,lengths,shapes,steps,epochs,accuracy,machine",
        "padding,40.0,10000,0.89,1,2,310,2,0.536,3 cores",
        '"bucketing, pools",5.0,80000,0.0764,21,28,314,2,0.7157,3 cores',
    ]
    write_measured(copy, rows)
    answer = QUESTIONS["Q6"](read_results(params, copy))
    assert answer.sentences[:2] == without.sentences[:2]
    assert answer.sentences[2].endswith("with padding (40 s), on 3 cores: bucketing, pools 0.12.")
    waste, regimes = answer.figures
    assert (waste.id, regimes.id) == ("waste", "regimes")
    assert "3 cores" in regimes.title
    assert [[cell.text for cell in row] for row in regimes.table.rows] == [
        ["padding", "40", "10,000", "89.0%", "1", "2", "53.6%"],
        ["bucketing, pools", "5", "80,000", "7.6%", "21", "28", "71.6%"],
    ]
    seconds = [one["share"] for one in regimes.spec["datasets"]["bars"] if one["measure"] == "seconds an epoch"]
    assert seconds == [1.0, 0.125]
    # A bar says its unit itself: its axis serves all measures.
    labels = [one["label"] for one in regimes.spec["datasets"]["bars"] if one["regime"] == "padding"]
    assert labels == ["40 s", "10,000 tokens/s", "89.0%", "1 length", "2 shapes", "53.6%"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [("5.0,", "is damaged"), ("0.0,80000", "a number that cannot be"), ("5.0,nan", "a number that cannot be")],
)
def test_a_damaged_table_of_times_names_what_makes_it(copy: Path, params: Params, wrong: str, message: str) -> None:
    table = Path("benchmarks/measured/batching.csv").read_text().splitlines()
    write_measured(copy, [table[0], f"padding,{wrong},0.1,1,2,310,2,0.5,3 cores"])
    with pytest.raises(UserError, match=rf"batching.csv: .*{message}.*`make bench-batching`"):
        read_results(params, copy)


def test_the_committed_table_of_times_is_what_the_benchmark_writes_and_the_report_reads(
    copy: Path, params: Params
) -> None:
    table = Path("benchmarks/measured/batching.csv").read_text().splitlines()
    write_measured(copy, table)
    assert len(read_results(params, copy).regimes) == len(table) - 1 > 1
    benchmark = ast.parse(Path("benchmarks/bench_batching.py").read_text())
    (training,) = (node for node in benchmark.body if isinstance(node, ast.ClassDef) and node.name == "Training")
    written = [ast.unparse(node.target) for node in training.body if isinstance(node, ast.AnnAssign)]
    assert table[0].split(",") == written


def write_measured(root: Path, rows: list[str]) -> None:
    (root / "benchmarks/measured").mkdir(parents=True)
    (root / "benchmarks/measured/batching.csv").write_text("\n".join(rows) + "\n")


@pytest.mark.parametrize("models", [("shared",), ("unshared",), ("bag_of_words",)])
def test_a_run_without_the_pair_says_what_it_lacks(tree: Path, models: tuple[str, ...]) -> None:
    results = read_results(make_params(models=models), tree)
    for name in ("Q1", "Q2", "Q3", "Q14"):
        answer = QUESTIONS[name](results)
        assert not answer.measured
        assert "`run.models` has no" in answer.sentences[0]


def test_one_seed_claims_nothing(tree: Path) -> None:
    found = answers(read_results(make_params(seeds=(0,)), tree))
    for name in ("Q1", "Q2", "Q3", "Q4"):
        assert found[name].verdict == "Open: one seed"
    text = " ".join(sentence for answer in found.values() for sentence in answer.sentences)
    assert "accurate on" not in text
    assert "on sentences and " in found["Q1"].sentences[0]
    assert "(one seed: no interval)" in found["Q1"].sentences[0]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Every model, every study."""
    root = tmp_path_factory.mktemp("whole")
    params = make_params(("sentences",), tuple(MODELS), studies=tuple(STUDIES), resamples=100)
    write_tree(root, params)
    return read_results(params, root)


def test_rules_are_compared_within_a_model(copy: Path) -> None:
    for rule, values in (("hold", (0.6, 0.6, 0.6)), ("cycle", (0.5, 0.5, 0.5))):
        set_metric(copy, "parity", "unshared", f"length_score/{rule}", values)
    answer = QUESTIONS["Q7"](read_results(make_params(datasets=("parity",)), copy))
    assert answer.verdict == "Hold"
    assert "holding the last weights against cycling: more accurate on parity (by 10.0" in plain(answer.sentences[0])


def test_functions_of_time_are_compared_with_both_ends(whole: Results) -> None:
    answer = QUESTIONS["Q8"](whole)
    assert answer.verdict == "Yes, better than unshared"
    assert "`fourier` against `unshared`: more accurate on sentences" in answer.sentences[0]
    assert "`fourier` against `shared`: less accurate on sentences" in answer.sentences[1]
    assert "`time_input` against `shared`" in answer.sentences[2]


def test_each_model_whose_weights_vary_with_time_has_a_heat_map_of_their_similarity(whole: Results) -> None:
    maps = {figure.id: figure for figure in QUESTIONS["Q8"](whole).figures if figure.id.startswith("similarity-")}
    varying = {"unshared", "unshared_matched", "unshared_padded", "fourier"} & set(whole.models)
    assert len(varying) > 2
    assert set(maps) == {f"similarity-{model}-sentences" for model in varying}
    cells = {
        (cell["row"], cell["column"]): cell["value"]
        for cell in maps["similarity-fourier-sentences"].spec["datasets"]["cells"]
    }
    # What the fixture wrote: alike by 0.75 at a distance of six steps.
    assert [cells["1", "1"], cells["1", "7"], cells["7", "1"]] == [1.0, 0.75, 0.75]
    assert len(cells) == 19 * 19


def test_a_run_without_functions_of_time_shows_how_alike_unshared_weights_are(results: Results) -> None:
    answer = QUESTIONS["Q8"](results)
    assert not answer.measured
    assert [figure.id for figure in answer.figures if figure.id.startswith("similarity-")] == [
        "similarity-unshared-sentences"
    ]


def test_scores_stand_against_the_parameters_of_every_model(whole: Results) -> None:
    figure = next(figure for figure in QUESTIONS["Q2"](whole).figures if figure.id == "parameters-sentences")
    shown = {(record["score"], record["model"]): record for record in figure.spec["datasets"]["means"]}
    assert set(shown) == {
        (score, name) for score in ("accuracy", "length_score", "order_score") for name in whole.models
    }
    for (score, model), record in shown.items():
        assert record["x"] == whole.summary("sentences", model, "parameters").mean
        name = whole.length_metric("sentences", model) if score == "length_score" else score
        assert record["mean"] == pytest.approx(whole.summary("sentences", model, name).mean, abs=1e-5)


def test_windows_must_beat_chance(whole: Results) -> None:
    answer = QUESTIONS["Q9"](whole)
    assert answer.verdict == "Yes"
    assert "with 2 steps; chance is 25.0%" in answer.sentences[0]
    assert [figure.id for figure in answer.figures] == ["memory-mixed", "memory-long"]
    for figure in answer.figures:
        assert list(figure.table.columns[-2:]) == ["constant (majority)", "random guess"]
        assert {cell.text for row in figure.table.rows for cell in row[-2:]} == {"25.0%"}
        # The two stand side by side, and one may hold nothing but 100 %.
        scales = [layer["encoding"]["y"]["scale"] for layer in figure.spec["layer"] if "y" in layer["encoding"]]
        assert {tuple(scale["domain"]) for scale in scales} == {(0, 1)}


def test_an_imitation_is_exact_to_rounding_or_none(whole: Results) -> None:
    answer = QUESTIONS["Q10"](whole)
    assert answer.verdict == "Yes, at a price in width"
    assert "3.0e-16, that of rounding; it takes 160 units for 8 over 20 steps" in plain(answer.sentences[0])
    assert answer.table is not None
    assert [plain(cell.text) for cell in answer.table.rows[0]] == ["20", "3.0e-16", "8", "160", "3,000", "30,000"]
    off = Variant({"steps": 20}, whole.studies["imitation"].variants[0].metrics | {"difference": {0: 0.1}})
    assert QUESTIONS["Q10"](with_study(whole, "imitation", [off])).verdict == "No"


def test_models_without_recurrence_are_compared_with_the_shared_one(whole: Results) -> None:
    answer = QUESTIONS["Q11"](whole)
    assert answer.verdict == "No, worse"
    assert "`bag_of_words` against `shared`: less accurate on sentences" in answer.sentences[0]


def test_cells_are_compared_at_equal_size(whole: Results) -> None:
    answer = QUESTIONS["Q12"](whole)
    assert answer.verdict == "Accuracy"
    assert "Accuracy of the LSTM against the plain cell of equal size: higher on sentences" in answer.sentences[0]


@pytest.mark.parametrize(
    ("distances", "verdict"),
    [((0.3, 0.31, 0.35), "Close: “weekdays”; not “weekday and pronoun”"), ((0.9, 1.0, 1.1), "No")],
)
def test_states_are_close_where_unrelated_ones_are_not(copy: Path, distances: tuple[float, ...], verdict: str) -> None:
    set_metric(copy, "sentences", "shared", "state_distance/weekday_and_pronoun", (1.2, 1.2, 1.2))
    set_metric(copy, "sentences", "shared", "state_distance/weekdays", distances)
    answer = QUESTIONS["Q13"](read_results(make_params(datasets=("sentences",)), copy))
    assert answer.verdict == verdict
    assert "“weekday and pronoun” 1.20" in answer.sentences[0]
    assert "states-shared-sentences-weekdays" in {figure.id for figure in answer.figures}


def test_a_control_that_is_as_close_is_named_beside_what_it_controls(copy: Path) -> None:
    params = make_params(datasets=("sentences",))
    set_metric(copy, "sentences", "shared", "state_distance/weekdays", (0.2, 0.2, 0.2))
    set_metric(copy, "sentences", "shared", "state_distance/weekday_and_pronoun", (0.1, 0.1, 0.1))
    answer = QUESTIONS["Q13"](read_results(params, copy))
    assert answer.verdict == "Close: “weekday and pronoun” and “weekdays”"
    for group in ("a", "b", "c"):
        set_metric(copy, "sentences", "shared", f"state_distance/{group}", (1.0, 1.1, 1.2))
    assert QUESTIONS["Q13"](read_results(params, copy)).verdict == "Close: 2 of 5 groups"


@pytest.mark.parametrize(
    ("cosines", "verdict"),
    [((-0.3, -0.2, -0.25), "Yes"), ((0.1, 0.2, 0.3), "No, they agree"), ((-0.1, 0.0, 0.1), "Neither")],
)
def test_interference_is_a_cosine_below_0(copy: Path, cosines: tuple[float, ...], verdict: str) -> None:
    set_metric(copy, "sentences", "shared", "interference/same_label", cosines)
    set_metric(copy, "sentences", "unshared", "interference/same_label", (0.5, 0.5, 0.5))
    set_metric(copy, "sentences", "shared", "interference/other_label", (-0.9, -0.9, -0.9))
    answer = QUESTIONS["Q14"](read_results(make_params(datasets=("sentences",)), copy))
    assert answer.verdict == verdict
    assert "`shared` against `unshared`, between two forms of one label: lower on sentences (by" in answer.sentences[1]
    assert "Between sentences of different labels, the cosine of the gradients in `shared` is -0.90" in plain(
        answer.sentences[2]
    )
    assert "points" not in answer.sentences[1]  # a cosine is no share


def test_next_token_weights_are_compared_with_none(whole: Results) -> None:
    answer = QUESTIONS["Q15"](whole)
    assert "Accuracy against no next-token loss" in answer.sentences[0]
    assert "at weight 0.3 (by" in answer.sentences[0]


def test_studies_join_the_questions_they_bear_on(whole: Results) -> None:
    found = answers(whole)
    assert "study-learning_curve" in {figure.id for figure in found["Q2"].figures}
    assert "In the padding study" in found["Q5"].sentences[-2]
    # Without a mask neither net of the fixture has learned the trained lengths: nothing follows from how it goes on.
    assert "less accurate with padding right, masked (by" in plain(found["Q5"].sentences[-2])
    assert "unmasked" not in plain(found["Q5"].sentences[-2])
    assert "(right, masked) and 3" in found["Q5"].sentences[-1]
    assert found["Q5"].verdict == "No"
    assert found["chomsky"].verdict == "1 of 2 tasks solved"
    assert "99.2 against 100.0 on parity_check" in found["chomsky"].sentences[0]
    assert found["relaxed"].verdict == "Depends on the drift"
    assert "shared at delta 0 and mixture at delta 0.1" in found["relaxed"].sentences[0]
    assert found["relaxed"].sentences[1].startswith("Error of mixture against shared: ")


def test_a_run_without_studies_says_which_it_lacks(tree: Path, params: Params) -> None:
    found = answers(read_results(params, tree))
    lacking = {name: answer.sentences[0] for name, answer in found.items() if "run.studies" in answer.sentences[0]}
    assert lacking["Q9"] == "`run.studies` lacks `memory`; `dvc exp run -S 'run.studies=[memory]'` answers it."
    assert set(lacking) == {"Q5", "Q9", "Q10", "Q12", "Q15"}
    assert not found["Q9"].measured


def test_the_command_for_a_lacking_study_keeps_the_others_and_names_the_catalogues_entry(tmp_path: Path) -> None:
    params = make_params(studies=("imitation",))
    write_tree(tmp_path, params)
    renamed = params.model_copy(update={"studies": {"recall": params.studies["memory"]}})
    results = read_results(params, tmp_path)
    results = Results(renamed, results.datasets, {}, results.studies, results.read_table)
    command = "`dvc exp run -S 'run.studies=[imitation, recall]'` answers it"
    assert command in QUESTIONS["Q9"](results).sentences[0]
    assert QUESTIONS["Q12"](results).sentences[0] == "`studies` in params.yaml has none with `study: cells`."


def with_study(results: Results, name: str, variants: list[Variant]) -> Results:
    """The same results with other variants of a study."""
    study = replace(results.studies[name], variants=variants)
    return Results(results.params, results.datasets, {}, {**results.studies, name: study}, results.read_table)
