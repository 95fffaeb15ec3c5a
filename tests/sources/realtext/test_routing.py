from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.sources.tables import probes_of, rows_of
from timeshare.core.config.errors import UserError
from timeshare.sources.files import FilesSettings
from timeshare.sources.raw import RawData, Row
from timeshare.sources.realtext.routing import LEFT_OUT, LONG, assemble, length_bound, route, text_hash
from timeshare.sources.realtext.splits import TRAIN, Facts, stratified


def settings(**changes: Any) -> FilesSettings:
    return FilesSettings.model_validate({"source": "files", "train": "t.csv", **changes})


def facts_of(rows: list[Row], given: list[int] | None = None) -> Facts:
    return Facts(
        labels=np.array([["neg", "pos"].index(row.label) for row in rows], dtype=np.int32),
        lengths=np.array([len(row.text.split()) for row in rows], dtype=np.int32),
        keys=np.array([text_hash(row.text) for row in rows], dtype=np.uint64),
        given=np.array(given or [TRAIN] * len(rows), dtype=np.int8),
    )


def some_rows(count: int) -> list[Row]:
    """Texts of 1 to 10 words, one in four of them positive."""
    words = [" ".join([f"w{index}", *["x"] * (index % 10)]) for index in range(count)]
    return [Row(f"r{index}", text, "pos" if index % 4 == 3 else "neg") for index, text in enumerate(words)]


def assembled(rows: list[Row], given: list[int] | None = None, *, strict: bool = False, **changes: Any) -> RawData:
    def again() -> Iterator[Row]:
        return iter(rows)

    return assemble(
        "mine", settings(**changes), ["neg", "pos"], facts_of(rows, given), again, {"fact": 1}, strict=strict
    )


def test_each_label_gets_its_share_in_each_split() -> None:
    labels = np.repeat(np.array([0, 1, 2], dtype=np.int32), [1000, 100, 7])
    keys = np.arange(len(labels), dtype=np.uint64)
    codes = stratified(labels, keys, {1: 0.1, 2: 0.29}, np.random.default_rng(0))
    sizes = {label: Counter(codes[labels == label].tolist()) for label in (0, 1, 2)}
    assert sizes == {0: {0: 610, 1: 100, 2: 290}, 1: {0: 61, 1: 10, 2: 29}, 2: {0: 5, 2: 2}}


def test_equal_texts_stay_together_whatever_their_labels() -> None:
    keys = np.tile(np.arange(50, dtype=np.uint64), 4)
    labels = np.arange(200, dtype=np.int32) % 3
    codes = stratified(labels, keys, {1: 0.2, 2: 0.2}, np.random.default_rng(1))
    assert all(len(set(codes[keys == key].tolist())) == 1 for key in range(50))
    assert set(codes.tolist()) == {0, 1, 2}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sizes", [[3] * 300, [1] * 50 + [2] * 50, [*range(1, 12), 60], [500, 3, 1]])
def test_splits_have_their_share_and_train_has_each_label(sizes: list[int], seed: int) -> None:
    labels = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    keys = np.random.default_rng(seed).permutation(len(labels)).astype(np.uint64)
    codes = stratified(labels, keys, {1: 0.1, 2: 0.1}, np.random.default_rng(seed))
    assert set(labels[codes == TRAIN]) == set(range(len(sizes)))
    for code in (1, 2):
        share = int(0.1 * len(labels))
        assert 0.98 * share <= (codes == code).sum() <= share
        of_labels = np.bincount(labels[codes == code], minlength=len(sizes))
        assert np.all(np.abs(of_labels - 0.1 * np.array(sizes)) < 1)


def test_a_label_that_only_stands_beside_others_stays_in_train() -> None:
    # Each text of label 1 is one of label 0 too.
    keys = np.array([*range(20), *range(10)], dtype=np.uint64)
    labels = np.repeat(np.array([0, 1], dtype=np.int32), [20, 10])
    for seed in range(20):
        codes = stratified(labels, keys, {1: 0.45, 2: 0.45}, np.random.default_rng(seed))
        assert set(labels[codes == TRAIN]) == {0, 1}


def test_the_split_does_not_follow_the_order_of_the_rows() -> None:
    labels = np.zeros(1000, dtype=np.int32)
    keys = np.array([text_hash(str(index)) for index in range(1000)], dtype=np.uint64)
    chosen = np.flatnonzero(stratified(labels, keys, {1: 0.5}, np.random.default_rng(2)))
    assert 400 < chosen.mean() < 600


@pytest.mark.parametrize(("quantile", "bound"), [(0.0, 1), (0.1, 1), (0.11, 2), (0.9, 9), (1.0, 10)])
def test_the_bound_is_the_least_length_that_covers_the_share(quantile: float, bound: int) -> None:
    assert length_bound(facts_of(some_rows(100)), quantile) == bound


def test_longer_texts_of_every_split_become_length_probes() -> None:
    rows = some_rows(200)
    raw = assembled(rows, given=[0] * 160 + [1] * 20 + [2] * 20)
    kept = {split: [row["id"] for row in rows_of(raw, split)] for split in ("train", "valid", "test")}
    short = [row.id for row in rows if len(row.text.split()) <= 9]
    assert kept["train"] + kept["valid"] + kept["test"] == short
    assert kept["valid"] == [row.id for row in rows[160:180] if len(row.text.split()) <= 9]
    length = [probe for group in probes_of(raw)["length"].values() for probe in group]
    assert [probe["group"] for probe in length] == [row.id for row in rows if len(row.text.split()) == 10]
    assert len({probe["id"] for probe in length}) == len(length) == 20
    assert raw.notes == {"fact": 1, "longest_trained": 9, "too_long_for_training": 20, "repeated_texts": 0}
    assert not raw.gold_orders


def test_only_so_many_longer_texts_become_probes() -> None:
    destinations = route(facts_of(some_rows(500)), 5, settings(length_probes=30))
    assert (destinations == LONG).sum() == 30
    assert (destinations == LEFT_OUT).sum() == 250 - 30
    assert assembled(some_rows(500), length_quantile=0.5, length_probes=30).notes["too_long_for_training"] == 250


@pytest.mark.parametrize("given", [[0] * 300, [0] * 250 + [1] * 50, [0] * 250 + [2] * 50])
def test_a_missing_split_takes_its_share_and_a_given_one_keeps_its_rows(given: list[int]) -> None:
    rows = some_rows(300)
    raw = assembled(rows, given=given, length_quantile=1.0, split=(0.1, 0.2))
    ids = {split: {row["id"] for row in rows_of(raw, split)} for split in ("train", "valid", "test")}
    assert sum(len(members) for members in ids.values()) == len(set.union(*ids.values())) == 300
    pool = given.count(0)
    for split, code, share in (("valid", 1, 0.1), ("test", 2, 0.2)):
        if code in given:
            assert ids[split] == {row.id for row, each in zip(rows, given, strict=True) if each == code}
        else:
            assert abs(len(ids[split]) - share * pool) <= 2


def test_shuffles_are_of_test_rows_alone_and_no_more_than_asked_for() -> None:
    raw = assembled(some_rows(400), probe_texts=15, permutations=2)
    test = {row["id"]: row for row in rows_of(raw, "test")}
    probes = probes_of(raw)
    assert set(probes) == {"length", "shuffle_1", "shuffle_2", "shuffle_3", "shuffle_4"}
    assert len({group for kind in probes for group in probes[kind] if kind != "length"}) <= 15
    for kind in set(probes) - {"length"}:
        for group, found in probes[kind].items():
            assert {probe["label"] for probe in found} == {test[group]["label"]}
            assert [probe["place"] for probe in found] == [0, 1]


def test_held_out_texts_that_a_rule_reorders_are_probes() -> None:
    rows = [
        Row(f"r{index}", f"We saw film{index} yesterday.", "pos" if index % 4 == 3 else "neg") for index in range(100)
    ]
    raw = assembled(rows)
    held_out = {f"{split}-{row['id']}": row["text"] for split in ("valid", "test") for row in rows_of(raw, split)}
    moved = probes_of(raw)["moved"]
    assert {group: members[0]["text"] for group, members in moved.items()} == held_out
    assert all(members[1]["text"].startswith("yesterday We saw") for members in moved.values())
    assert len(probes_of(assembled(rows, probe_texts=3))["moved"]) == 3


def test_the_seed_decides() -> None:
    def valid(seed: int) -> list[str]:
        return [row["id"] for row in rows_of(assembled(some_rows(300), seed=seed), "valid")]

    assert valid(0) == valid(0) != valid(1)


def test_too_few_rows_are_refused() -> None:
    message = "datasets.mine: too few rows, valid would be empty; add rows or raise its share"
    with pytest.raises(UserError, match=f"^{message}$"):
        assembled(some_rows(8))


def test_strict_a_class_of_long_texts_alone_is_refused() -> None:
    rows = [Row(f"r{index}", f"w{index} x", "neg") for index in range(90)]
    rows += [Row(f"p{index}", f"w{index} x x", "pos") for index in range(10)]
    message = "datasets.mine: no training text short enough has the label 'pos'; add some or raise length_quantile"
    with pytest.raises(UserError, match=f"^{message}$"):
        assembled(rows, strict=True)
    assert assembled(rows).notes["longest_trained"] == 3
