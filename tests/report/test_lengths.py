"""Accuracy by range of lengths, from counts set by hand."""

from timeshare.models.settings import FeedForwardSettings
from timeshare.params import Params
from timeshare.report.lengths import accuracy_between, binned_accuracy, rules_of
from timeshare.report.records import Dataset, LengthCount, Run
from timeshare.report.results import Results


def make_results(params: Params, longest_train: int, counts: dict[str, list[list[LengthCount]]]) -> Results:
    """Results on one dataset with the given counts: model -> one list a seed."""
    meta = {"classes": ["0", "1"], "longest_train": longest_train}
    runs = {("parity", model, seed): Run({}) for model in params.run.models for seed in params.run.seeds}
    for model, seeds in counts.items():
        runs |= {("parity", model, seed): Run({}, rows) for seed, rows in enumerate(seeds)}
    return Results(params, {"parity": Dataset(meta)}, runs, {})


def test_a_range_ends_where_training_ends_and_pools_its_texts(params: Params) -> None:
    # 100 lengths in ranges of 3, one of them ending at 40: 38 to 40, 41 to 43.
    rows = [LengthCount("", length, 40 if length == 41 else 10, 10, 0) for length in range(1, 101)]
    results = make_results(params, 40, {"shared": [rows] * 3})
    bins = {one.lengths: one for one in binned_accuracy(results, "parity", ["shared"])}
    assert {length for first, last in bins for length in range(first, last + 1)} == set(range(1, 101))
    assert bins[38, 40].accuracy.mean == 1.0
    assert bins[41, 43].accuracy.mean == 30 / 60  # texts count, not lengths
    assert (bins[41, 43].centre, bins[41, 43].label) == (42.0, "41 to 43")


def test_short_texts_keep_a_range_for_each_length(params: Params) -> None:
    rows = [LengthCount("", length, 20, 10, 0) for length in (3, 4, 6)]
    results = make_results(params, 4, {"shared": [rows] * 3})
    assert [one.label for one in binned_accuracy(results, "parity", ["shared"])] == ["3", "4", "6"]


def test_ranges_of_few_texts_are_joined_but_not_over_the_end_of_training(params: Params) -> None:
    counts = {1: 5, 2: 5, 3: 20, 4: 5, 5: 30, 6: 3}
    rows = [LengthCount("", length, texts, texts, 0) for length, texts in counts.items()]
    results = make_results(params, 4, {"shared": [rows] * 3})
    # 1 and 2 are too few and join 3; 4 joins what precedes it, and 6 too, since training ends between 4 and 5.
    assert [one.label for one in binned_accuracy(results, "parity", ["shared"])] == ["1 to 4", "5 to 6"]


def test_each_rule_has_a_line_and_the_second_begins_where_it_parts(params: Params) -> None:
    within = [LengthCount("", length, 20, 20, 0) for length in (1, 2, 3)]
    beyond = [LengthCount(rule, 4, 20, right, 0) for rule, right in (("cycle", 0), ("hold", 10))]
    results = make_results(params, 3, {"unshared": [[*within, *beyond]] * 3})
    assert rules_of(results, "parity", "unshared") == ["hold", "cycle"]  # its own first
    other = {**params.models, "unshared": FeedForwardSettings(encoder="feed_forward")}  # has no say in the rule
    results.params = params.model_copy(update={"models": other})
    assert rules_of(results, "parity", "unshared") == ["hold", "cycle"]
    bins = binned_accuracy(results, "parity", ["unshared"])
    lines = {
        second: [(one.label, one.accuracy.mean) for one in bins if one.second == second] for second in (False, True)
    }
    assert lines[False] == [("1", 1.0), ("2", 1.0), ("3", 1.0), ("4", 0.5)]
    assert lines[True] == [("3", 1.0), ("4", 0.0)]
    assert len({one.series for one in bins}) == 2


def test_accuracy_between_is_the_mean_over_lengths_by_seed(params: Params) -> None:
    rows = [LengthCount("", 4, 1, 1, 0), LengthCount("", 5, 10, 0, 0), LengthCount("hold", 6, 1, 1, 0)]
    results = make_results(params, 3, {"unshared": [rows, rows, [LengthCount("", 1, 1, 1, 0)]]})
    assert accuracy_between(results, "parity", "unshared", 4, 6) == {0: 0.5, 1: 0.5}
