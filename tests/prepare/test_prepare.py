import filecmp
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.prepare.tables import PROBES, TEST, TRAIN, VALID, lengths_as_rows, prepared, write_raw_tables
from timeshare.core.artifacts import read_json, write_json
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.layout import rows_of
from timeshare.core.prepared.tokenisers import basic_english
from timeshare.prepare import corpus
from timeshare.prepare.prepare import prepare
from timeshare.prepare.settings import PrepareSettings


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return write_raw_tables(tmp_path / "raw")


def test_matrices_hold_exactly_the_padded_ids(tmp_path: Path, raw: Path) -> None:
    data = prepared(tmp_path / "out", raw, bounds=(2, 6))
    # the 4 times, bone and milk 3, dog 2, the rest once
    assert data.vocabulary.tokens == ("<pad>", "<unk>", "the", "bone", "milk", "dog", ",", ".", "ate", "drank")
    short, long = data.split("train").buckets
    assert short.tokens.tolist() == [[2, 4], [4, 0]]
    assert (short.lengths.tolist(), short.labels.tolist(), short.rows.tolist()) == ([2, 1], [0, 0], [0, 2])
    assert long.tokens.tolist() == [[2, 5, 8, 2, 3, 7], [2, 5, 9, 4, 0, 0], [3, 6, 3, 0, 0, 0]]
    assert (long.lengths.tolist(), long.labels.tolist(), long.rows.tolist()) == ([6, 4, 3], [1, 0, 1], [1, 3, 4])
    assert short.tokens.dtype == np.uint8


def test_left_padding_puts_the_text_at_the_end(tmp_path: Path, raw: Path) -> None:
    data = prepared(tmp_path / "out", raw, layout="padding", side="left")
    (only,) = data.split("train").buckets
    assert only.tokens.tolist()[:3] == [[0, 0, 0, 0, 2, 4], [2, 5, 8, 2, 3, 7], [0, 0, 0, 0, 0, 4]]


def test_tokens_of_other_splits_are_unknown_and_longer_texts_are_not_cut(tmp_path: Path, raw: Path) -> None:
    data = prepared(tmp_path / "out", raw, layout="padding")
    assert [bucket.tokens.tolist() for bucket in data.split("test").buckets] == [
        [[1, 5, 0, 0, 0, 0], [2, 4, 1, 1, 1, 0], [4, 0, 0, 0, 0, 0]]
    ]
    assert [bucket.tokens.shape for bucket in data.split("probes").buckets] == [(1, 6), (1, 10)]
    assert data.split("probes").buckets[1].tokens.tolist() == [[2, 5, 8, 2, 4, 1, 1, 9, 2, 3]]


def test_meta_says_what_was_written(tmp_path: Path, raw: Path) -> None:
    meta = prepared(tmp_path / "out", raw, bounds=(2, 6), side="left").meta
    assert meta["classes"] == ["drink", "food"]
    assert (meta["version"], meta["vocabulary_size"], meta["tokeniser"]) == (1, 10, "basic_english")
    assert (meta["layout"], meta["side"], meta["bounds"], meta["longest_train"]) == ("bucketing", "left", [2, 6], 6)
    assert meta["splits"]["train"] == {
        "rows": 5,
        "tokens": 16,
        "entries": 22,
        "waste": 1 - 16 / 22,
        "buckets": [{"length": 2, "rows": 2}, {"length": 6, "rows": 3}],
        "lengths": {"min": 1, "p5": 1, "p25": 2, "p50": 3, "p75": 4, "p95": 6, "p99": 6, "max": 6},
    }
    assert meta["waste"] == {"padding": 1 - 16 / 30, "bucketing": 1 - 16 / 22, "exact": 0.0}


def test_meta_repeats_what_the_raw_tables_say_of_rows(tmp_path: Path, raw: Path) -> None:
    assert prepared(tmp_path / "out", raw).meta["left_out"] == {}
    schema = read_json(raw / "schema.json")
    write_json(raw / "schema.json", {**schema, "left_out": {"in_test": 3}, "remarks": ["odd"]})
    meta = prepared(tmp_path / "again", raw).meta
    assert (meta["left_out"], meta["remarks"]) == ({"in_test": 3}, ["odd"])
    assert rows_of(meta) == {
        "rows": {"train": 5, "valid": 2, "test": 3, "probes": 2},
        "unseen": {"valid": 0.2, "test": 0.5},
        "left_out": {"in_test": 3},
        "remarks": "odd",
    }


def test_row_tables_keep_everything_but_the_text_in_raw_order(tmp_path: Path, raw: Path) -> None:
    prepared(tmp_path / "out", raw)
    for split, rows in (("test", TEST), ("probes", PROBES)):
        table = pq.read_table(tmp_path / "out" / f"rows-{split}.parquet")
        original = pq.read_table(raw / f"{split}.parquet").drop_columns("text")
        assert table.drop_columns("length").equals(original)
        assert table["length"].to_pylist() == [len(basic_english(text)) for text, _ in rows]


@pytest.mark.parametrize("layout", ["padding", "bucketing", "exact"])
@settings(max_examples=15)
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=20), probes=st.lists(st.integers(1, 14), max_size=8))
def test_every_text_is_there_once_and_whole(
    tmp_path_factory: pytest.TempPathFactory, layout: str, lengths: list[int], probes: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("every")
    rows = {"train": lengths_as_rows(lengths), "probes": lengths_as_rows(probes)}
    data = prepared(folder / "out", write_raw_tables(folder / "raw", **rows), layout=layout, buckets=2)
    for split, texts in rows.items():
        found = {}
        for bucket in data.split(split).buckets:
            assert len(bucket.rows) > 0
            assert np.all(np.diff(bucket.rows) > 0)
            for tokens, length, row in zip(bucket.tokens, bucket.lengths, bucket.rows, strict=True):
                assert not tokens[length:].any()
                found[int(row)] = [data.vocabulary.tokens[token] for token in tokens[:length]]
            if layout == "exact":
                assert set(bucket.lengths.tolist()) == {bucket.tokens.shape[1]}
        known = data.vocabulary.ids
        expected = [[token if token in known else "<unk>" for token in text.split()] for text, _ in texts]
        assert [found[row] for row in range(len(texts))] == expected
        assert data.split(split).lengths().tolist() == [len(text) for text in expected]


def test_the_bytes_do_not_depend_on_workers_or_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    rows = [(" ".join(rng.choice(list("abcdefgh"), rng.integers(1, 9))), "food") for _ in range(200)]
    raw = write_raw_tables(tmp_path / "raw", train=rows, tokeniser="whitespace")
    prepared(tmp_path / "one", raw)
    monkeypatch.setattr(corpus, "ROWS_PER_CHUNK", 7)
    prepared(tmp_path / "small", raw)
    prepared(tmp_path / "two", raw, workers=2)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    for other in ("small", "two"):
        assert sorted(path.name for path in (tmp_path / other).iterdir()) == names
        assert filecmp.cmpfiles(tmp_path / "one", tmp_path / other, names, shallow=False) == (names, [], [])


def test_a_chunk_of_long_texts_is_divided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = write_raw_tables(tmp_path / "raw", train=lengths_as_rows([500] * 20))
    whole = prepared(tmp_path / "whole", raw).split("train")
    monkeypatch.setattr(corpus, "BYTES_PER_CHUNK", 4000)
    divided = prepared(tmp_path / "divided", raw).split("train")
    assert np.array_equal(divided.buckets[0].tokens, whole.buckets[0].tokens)


def test_formal_text_is_split_at_spaces_alone(tmp_path: Path) -> None:
    raw = write_raw_tables(tmp_path / "raw", train=[("a.b c", "food")], tokeniser="whitespace")
    data = prepared(tmp_path / "out", raw)
    assert data.vocabulary.tokens[2:] == ("a.b", "c")
    assert data.meta["tokeniser"] == "whitespace"


def test_a_split_without_rows_has_no_buckets(tmp_path: Path) -> None:
    data = prepared(tmp_path / "out", write_raw_tables(tmp_path / "raw", probes=[], test=[]))
    for split in ("test", "probes"):
        assert (len(data.split(split)), data.split(split).buckets) == (0, ())
        assert pq.read_table(tmp_path / "out" / f"rows-{split}.parquet").num_rows == 0
        assert data.meta["splits"][split]["lengths"] == {}


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"train": []}, r"train\.parquet: has no row"),
        ({"valid": []}, r"valid\.parquet: has no row"),
        ({"train": [*TRAIN, ("dog", "pet")]}, r"train\.parquet: 0-based row 5 has label 'pet'"),
        ({"valid": [*VALID, (' ";" ', "food"), ("", "food")]}, r"valid\.parquet: 2 texts .* \(0-based rows 2, 3\)"),
    ],
)
def test_rows_that_cannot_be_prepared_are_named(tmp_path: Path, tables: dict[str, object], message: str) -> None:
    raw = write_raw_tables(tmp_path / "raw", **tables)
    with pytest.raises(UserError, match=message):
        prepared(tmp_path / "out", raw)


def test_a_damaged_raw_table_is_named(tmp_path: Path, raw: Path) -> None:
    path = raw / "test.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"test\.parquet: is damaged"):
        prepared(tmp_path / "out", raw)
    path.unlink()
    with pytest.raises(UserError, match=r"test\.parquet: no such file"):
        prepared(tmp_path / "again", raw)


def test_nothing_temporary_stays(tmp_path: Path, raw: Path) -> None:
    prepared(tmp_path / "out", raw)
    assert not [path for path in (tmp_path / "out").iterdir() if path.suffix not in (".npy", ".json", ".parquet")]
    assert read_json(tmp_path / "out" / "meta.json")["splits"].keys() == {"train", "valid", "test", "probes"}


def test_progress_is_silent_where_nobody_looks(tmp_path: Path, raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").mkdir()
    prepare(raw, tmp_path / "out", PrepareSettings())
    assert capsys.readouterr() == ("", "")
