"""Each claim follows from the numbers: change the numbers, and the words change."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.questions.asking import ask
from tests.report.fixture import MODELS, STUDIES, make_params, plain, set_metric, write_tree
from timeshare.params import Params
from timeshare.questions.asking import sections
from timeshare.questions.moved_words.positions import positions_figure
from timeshare.report.entries import ABSENT
from timeshare.report.reading import read_results
from timeshare.report.records import Variant
from timeshare.report.results import Results
from timeshare.report.wording import NOT_MEASURED

Values = float | tuple[float, ...]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Every model, every study."""
    root = tmp_path_factory.mktemp("whole")
    params = make_params(("sentences",), tuple(MODELS), studies=tuple(STUDIES), resamples=100)
    write_tree(root, params)
    return read_results(params, root)


def test_each_question_has_an_answer_in_order(results: Results) -> None:
    found = sections(results)
    assert list(found) == [f"Q{number}" for number in range(1, 19)]
    for section in found.values():
        assert section.question.endswith("?")
        assert section.answer.sentences[0].endswith(".")
        assert section.method.endswith(".")
        assert section.keys
    assert all(found[name].answer.figures for name in ("Q1", "Q2", "Q3", "Q4", "Q6"))


def cases() -> Iterator[tuple[str, str, dict[str, Values], str, tuple[str, ...]]]:
    """(question, dataset, `model metric`: values, verdict, parts of its sentences)"""
    for unshared, verdict, part in (
        (0.5, "Yes", "`shared` is more accurate on parity (by 40.0 points [40.0, 40.0])"),
        (0.9, "No difference", "not clearly different on parity (0.0 [0.0, 0.0])"),
        ((0.85, 0.9, 0.95), "No difference", "not clearly different on parity (0.0 [-5.0, +5.0])"),
        ((1.0, 1.0, 0.96), "No, the reverse", "less accurate on parity (by 8.7 points [6.0, 10.0])"),
    ):
        scores = {f"unshared length_score{rule}": unshared for rule in ("", "/hold", "/cycle")}
        yield "Q1", "parity", {"shared length_score": 0.9, **scores}, verdict, (part,)
    weights: dict[str, Values] = {"shared parameters": 1000.0, "unshared parameters": 40_000.0}
    weights |= {"shared accuracy": 0.9, "unshared accuracy": 0.8, "shared overfit": 0.0, "unshared overfit": 0.2}
    better = "with 40 times the parameters is less accurate on parity (by 10.0"
    yield (
        "Q2",
        "parity",
        weights,
        "No, worse",
        (better, "`unshared` overfits more on parity (by 20.0"),
    )
    for sensitivity, verdict in (
        ((0.9, 0.92, 0.94), "Yes"),
        # Five classes: a guess gets both texts right in 1 of 25 pairs.
        ((0.03, 0.04, 0.05), "No better than guessing"),
        ((0.041, 0.05, 0.06), "Yes"),
    ):
        yield "Q4", "sentences", {"shared order_sensitivity": sensitivity}, verdict, ()
    for hold, cycle, verdict, part in (
        (0.6, 0.5, "Keep the last weights", "more accurate on parity (by 10.0"),
        (0.5, 0.49, NOT_MEASURED, "Neither rule beats guessing with `unshared` on parity."),
    ):
        rules = {"unshared length_score/hold": hold, "unshared length_score/cycle": cycle}
        yield "Q7", "parity", rules, verdict, (part,)
    near, other = "shared state_distance/weekdays", "shared state_distance/weekday_and_pronoun"
    for weekdays, pronoun, verdict in (
        ((0.3, 0.31, 0.35), 1.2, "Close in 1 of 2 groups of texts"),
        ((0.9, 1.0, 1.1), 1.2, "No"),
        # A control that is as close is named beside what it controls.
        (0.2, 0.1, "Close in 2 of 2 groups of texts"),
    ):
        part = f"{pronoun:.2f} [{pronoun:.2f}, {pronoun:.2f}] after “weekday and pronoun”"
        yield "Q13", "sentences", {near: weekdays, other: pronoun}, verdict, (part,)
    far = {f"shared state_distance/{group}": (1.0, 1.1, 1.2) for group in ("a", "b", "c")}
    yield "Q13", "sentences", {near: 0.2, other: 0.1, **far}, "Close in 2 of 5 groups of texts", ()
    for cosines, verdict in (
        ((-0.3, -0.2, -0.25), "Yes"),
        ((0.1, 0.2, 0.3), "No, they agree"),
        ((-0.1, 0.0, 0.1), "Neither"),
    ):
        same, others = "interference/same_label", "interference/other_label"
        parts = (
            "between texts of two forms of one label is lower on sentences (by",
            "what texts of different labels teach agrees by -0.90",
        )
        yield (
            "Q14",
            "sentences",
            {f"shared {same}": cosines, f"unshared {same}": 0.5, f"shared {others}": -0.9},
            verdict,
            parts,
        )


@pytest.mark.parametrize(("question", "dataset", "metrics", "verdict", "parts"), list(cases()))
def test_verdict_and_sentences_follow_from_the_metrics(
    copy: Path,
    question: str,
    dataset: str,
    metrics: dict[str, Values],
    verdict: str,
    parts: tuple[str, ...],
) -> None:
    for name, values in metrics.items():
        model, metric = name.split()
        set_metric(copy, dataset, model, metric, values if isinstance(values, tuple) else (values,) * 3)
    answer = ask(question, copy, [dataset])
    assert answer.verdict == verdict
    said = plain("\n".join(answer.sentences))
    assert [part for part in parts if part not in said] == []
    if question == "Q14":
        assert "points" not in answer.sentences[1]  # a cosine is no share


def test_moved_words_need_reorderings(tmp_path: Path) -> None:
    write_tree(tmp_path, make_params(datasets=("movie_reviews",)))
    moved, changed = (ask(question, tmp_path, ["movie_reviews"]) for question in ("Q3", "Q4"))
    assert moved.verdict == NOT_MEASURED
    assert moved.sentences == ("No dataset of the run has reorderings with known labels.",)
    assert "shuffling all words changes" in changed.sentences[0]
    assert changed.verdict == "Shuffles only"


@pytest.mark.parametrize("models", [("shared",), ("unshared",), ("bag_of_words",)])
def test_a_run_without_the_pair_says_what_it_lacks(tree: Path, models: tuple[str, ...]) -> None:
    results = read_results(make_params(models=models), tree)
    for name in ("Q1", "Q2", "Q3", "Q14"):
        answer = ask(name, results)
        assert not answer.measured
        assert "`run.models` has no" in answer.sentences[0]


def test_one_seed_claims_nothing(tree: Path) -> None:
    found = {name: section.answer for name, section in sections(read_results(make_params(seeds=(0,)), tree)).items()}
    for name in ("Q1", "Q2", "Q3", "Q4"):
        assert found[name].verdict == "Open: one seed"
    text = " ".join(sentence for answer in found.values() for sentence in answer.sentences)
    assert "accurate on" not in text
    assert "on sentences and " in found["Q1"].sentences[0]
    assert "(one seed: no interval)" in found["Q1"].sentences[0]


@pytest.mark.parametrize("question", ["Q1", "Q3"])
def test_what_a_net_did_not_learn_is_not_compared(copy: Path, question: str) -> None:
    left_out = "not compared on parity, where `unshared` is no better than guessing at the lengths of training."
    before = ask(question, copy)
    assert "parity (by" in plain(before.sentences[0])
    assert left_out not in before.sentences[0]
    set_metric(copy, "parity", "unshared", "accuracy", (0.5, 0.5, 0.5))
    answer = ask(question, copy)
    assert "sentences (by" in plain(answer.sentences[0])
    assert answer.sentences[0].endswith(f"; {left_out}")
    alone = ask(question, copy, ["parity"])
    assert alone.verdict == NOT_MEASURED
    assert alone.sentences == (f"N{left_out[1:]}",)


def test_where_a_net_did_not_learn_accuracy_says_so_and_overfit_says_nothing(copy: Path) -> None:
    set_metric(copy, "parity", "unshared", "accuracy", (0.5, 0.5, 0.5))
    accuracy, overfit = ask("Q2", copy).sentences[:2]
    assert "parity (by" in plain(accuracy)
    assert accuracy.endswith("; `unshared` is no better than guessing on parity (50.0%).")
    assert "parity (by" not in plain(overfit)
    assert "not compared on parity" in overfit


def test_a_guessing_baseline_is_named_wherever_a_model_without_recurrence_beats_it(copy: Path) -> None:
    said = "`shared` is no better than guessing on parity (50.0%)"
    assert not any(said in sentence for sentence in ask("Q11", copy).sentences)
    set_metric(copy, "parity", "shared", "accuracy", (0.5, 0.5, 0.5))
    assert [sentence.endswith(f"; {said}.") for sentence in ask("Q11", copy).sentences] == [True]


def test_a_published_score_stands_beside_ours_where_the_lengths_are_the_same(copy: Path) -> None:
    set_metric(copy, "parity", "shared", "length_score", (0.9, 0.95, 0.8))
    assert ask("Q1", copy).sentences[-1] == (
        "Published for parity_check: 100.0% with an LSTM, the best of several seeds and learning rates (Delétang et "
        "al. 2023); `shared` on parity, with the same lengths: 95.0%, the best of 3 seeds."
    )
    assert not any("Published" in sentence for sentence in ask("Q1", copy, ["sentences"]).sentences)
    meta = copy / "data/prepared/parity/meta.json"
    meta.write_text(meta.read_text().replace('"longest_train": 40', '"longest_train": 39'))
    assert not any("Published" in sentence for sentence in ask("Q1", copy).sentences)


def test_gradients_of_a_net_that_only_guesses_say_nothing(copy: Path) -> None:
    set_metric(copy, "parity", "shared", "accuracy", (0.5, 0.5, 0.5))
    levels = ask("Q14", copy).sentences[0]
    assert "on sentences" in levels
    assert "parity" not in levels


# question, verdict, parts of its sentences by place
OF_THE_WHOLE = [
    ("Q5", "No", {-2: "less accurate with padding after the text, skipped (by", -1: "(after the text, skipped) and 3"}),
    (
        "Q8",
        "Yes, better than unshared",
        {
            0: "compared with `unshared`, `fourier` is more accurate on sentences",
            1: "compared with `shared`, `fourier` is less accurate on sentences",
            2: "compared with `shared`, `time_input` is",
        },
    ),
    ("Q9", "Yes", {0: "a window of 2 steps; guessing gets 25.0%"}),
    ("Q10", "Yes, at a price in width", {0: "3.0e-16, which is rounding; it takes 160 units for 8 over 20 steps"}),
    ("Q11", "No, worse", {0: "`bag_of_words` is less accurate on sentences"}),
    ("Q12", "Higher accuracy", {0: "the accuracy of the LSTM is higher on sentences"}),
    ("Q15", "Yes", {0: "the accuracy is higher at weight 0.3 (by"}),
    (
        "Q17",
        "Short of one set",
        {
            0: "more accurate on sentences with a pull of 1 (by",
            1: "With the smallest pull (none at all) they are, compared with one set, less accurate on sentences (by",
            2: "the best pull compared with the shared net: higher on sentences with a pull of 1",
            -2: "Similarity of the steps: 0.39 at 0, 0.89 at 1 and 0.98 at 10 on sentences; 0.",
            -1: "Left out for want of a download: movie_reviews; name it in `run.datasets`.",
        },
    ),
    (
        "Q18",
        "No, it gets worse",
        {
            0: "trained as long, less accurate on sentences (by",
            -2: "After the first epoch the step farthest from the others is step 3 of 4 on sentences (3.1%; the middle",
            -1: "At the end the step farthest from the others is step 3 of 4 on sentences (9.1%; the middle one 6.1%)",
        },
    ),
    (
        "Q2",
        "No, worse",
        {
            -2: "(Q17), compared with one set: more accurate on",
            -1: "(Q18), compared with that set trained on: less accurate on sentences",
        },
    ),
    ("Q19", "1 of 2 tasks solved", {0: "99.2 against 100.0 on parity_check"}),
    (
        "Q20",
        "Depends on the drift",
        {0: "shared at delta 0 and mixture at delta 0.1", 1: "Error of mixture, compared with shared: "},
    ),
]


@pytest.mark.parametrize(("question", "verdict", "parts"), OF_THE_WHOLE)
def test_a_run_with_every_model_and_study_answers(
    whole: Results, question: str, verdict: str, parts: dict[int, str]
) -> None:
    answer = ask(question, whole)
    assert answer.verdict == verdict
    for place, part in parts.items():
        assert part in plain(answer.sentences[place])
    if question == "Q5":
        # Without a mask neither net of the fixture has learned the trained lengths, and is not compared.
        assert "In the padding study" in answer.sentences[-2]
        assert "read like words" not in answer.sentences[-2]


def test_an_imitation_is_exact_to_rounding_or_none(whole: Results) -> None:
    table = ask("Q10", whole).table
    assert table is not None
    assert [plain(entry.text) for entry in table.rows[0]] == ["20", "3.0e-16", "8", "160", "3,000", "30,000"]
    study = whole.studies["imitation"]
    off = Variant({"steps": 20}, study.variants[0].metrics | {"difference": {0: 0.1}})
    studies = {**whole.studies, "imitation": replace(study, variants=[off])}
    assert ask("Q10", Results(whole.params, whole.datasets, {}, studies)).verdict == "No"


def test_each_model_whose_weights_vary_with_time_has_a_heat_map_of_their_similarity(
    whole: Results, results: Results
) -> None:
    maps = {figure.id: figure for figure in ask("Q8", whole).figures if figure.id.startswith("similarity-")}
    varying = ("unshared", "unshared_matched", "unshared_padded", "fourier")
    assert set(maps) == {f"similarity-{model}-sentences" for model in varying}
    cosines = {
        (one["row"], one["column"]): one["value"]
        for one in maps["similarity-fourier-sentences"].spec["datasets"]["cosines"]
    }
    # What the fixture wrote: alike by 0.75 at a distance of six steps.
    assert [cosines["1", "1"], cosines["1", "7"], cosines["7", "1"]] == [1.0, 0.75, 0.75]
    assert len(cosines) == 19 * 19
    # A run without functions of time shows how alike unshared weights are.
    without = ask("Q8", results)
    assert not without.measured
    shown = [figure.id for figure in without.figures if figure.id.startswith("similarity-")]
    assert shown == ["similarity-unshared-sentences"]


def test_scores_stand_against_the_parameters_of_every_model(whole: Results) -> None:
    figures = {figure.id: figure for figure in ask("Q2", whole).figures}
    assert "study-learning_curve" in figures
    shown = {
        (record["score"], record["model"]): record
        for record in figures["parameters-sentences"].spec["datasets"]["means"]
    }
    scores = ("accuracy", "length_score", "order_score")
    assert set(shown) == {(score, name) for score in scores for name in whole.models}
    for (score, model), record in shown.items():
        assert record["x"] == whole.summary("sentences", model, "parameters").mean  # type: ignore[union-attr]
        name = whole.length_metric("sentences", model) if score == "length_score" else score
        mean = whole.summary("sentences", model, name).mean  # type: ignore[union-attr,arg-type]
        assert record["mean"] == pytest.approx(mean, abs=1e-5)


def test_windows_are_drawn_on_one_scale_beside_what_chance_gets(whole: Results) -> None:
    figures = ask("Q9", whole).figures
    assert [figure.id for figure in figures] == ["memory-mixed", "memory-long"]
    for figure in figures:
        assert list(figure.table.columns[-2:]) == ["constant (majority)", "random guess"]
        assert {entry.text for row in figure.table.rows for entry in row[-2:]} == {"25.0%"}
        # The two stand side by side, and one may hold nothing but 100 %.
        scales = [layer["encoding"]["y"]["scale"] for layer in figure.spec["layer"] if "y" in layer["encoding"]]
        assert {tuple(scale["domain"]) for scale in scales} == {(0, 1)}


def test_paths_of_states_are_drawn(results: Results) -> None:
    assert "states-shared-sentences-weekdays" in {figure.id for figure in ask("Q13", results).figures}


def test_a_run_without_studies_says_which_it_lacks(results: Results) -> None:
    found = {name: section.answer for name, section in sections(results).items()}
    lacking = {name: answer.sentences[0] for name, answer in found.items() if "run.studies" in answer.sentences[0]}
    assert lacking["Q9"] == "`run.studies` lacks `memory`; `dvc exp run -S 'run.studies=[memory]'` answers it."
    assert set(lacking) == {"Q5", "Q9", "Q10", "Q12", "Q15", "Q17", "Q18"}
    assert not found["Q9"].measured


def test_the_command_for_a_lacking_study_keeps_the_others_and_names_the_catalogues_entry(
    results: Results, params: Params
) -> None:
    run = params.run.model_copy(update={"studies": ("imitation",)})
    renamed = params.model_copy(update={"run": run, "studies": {"recall": params.studies["memory"]}})
    asked = Results(renamed, results.datasets, {}, {})
    command = "`dvc exp run -S 'run.studies=[imitation, recall]'` answers it"
    assert command in ask("Q9", asked).sentences[0]
    assert ask("Q12", asked).sentences[0] == "`studies` in params.yaml has none with `study: cells`."


def test_the_table_of_rules_holds_those_to_whom_a_rule_is_nothing(results: Results) -> None:
    table = ask("Q7", results).table
    assert table is not None
    rows = dict(table.groups)["parity"]
    assert [row[0].text for row in rows] == ["unshared", "bag_of_words", "constant (majority)", "random guess"]
    bag, constant, guess = ([cell.text for cell in row[1:]] for row in rows[1:])
    assert bag[0] == bag[1]
    assert bag[2] == ABSENT.text
    assert constant == ["33.3%", "33.3%", ABSENT.text]
    assert guess == ["50.0%", "50.0%", ABSENT.text]


def test_positions_are_counted_from_1_and_thin_ones_left_out(results: Results) -> None:
    figure = positions_figure(results, "sentences")
    assert figure is not None
    unseen, seen = figure.table.groups
    assert unseen[0] == "positions that training never had"
    assert [[cell.text for cell in row] for row in unseen[1]] == [
        [position, "90.0%", "40.0%", "90.0%", "20.0%", "20.0%"] for position in ("3", "4", "5")
    ]
    assert {row[1].text for row in seen[1]} == {"100.0%"}
    assert {len(row) for _, rows in figure.table.groups for row in rows} == {len(figure.table.columns)}
    assert positions_figure(results, "parity") is None
