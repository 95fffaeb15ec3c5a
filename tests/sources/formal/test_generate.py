import pytest

from tests.sources.formal.oracles import oracle
from tests.sources.tables import probes_of, rows_of, texts_of
from timeshare.core.config.errors import UserError
from timeshare.sources.formal import FormalSettings
from timeshare.sources.formal.generate import ROOM, read
from timeshare.sources.formal.tasks import TASKS
from timeshare.sources.raw import RawData


def settings(task: str, **changes: object) -> FormalSettings:
    small = {"train_size": 1200, "valid_size": 150, "test_size": 150, "probe_lengths": (41, 60), "probe_groups": 40}
    return FormalSettings.model_validate({"source": "formal", "task": task, **small, **changes})


def generate(task: str, **changes: object) -> RawData:
    return read(task, settings(task, **changes))


@pytest.mark.parametrize("task", TASKS)
def test_every_row_and_probe_has_the_oracles_label(task: str) -> None:
    raw = generate(task)
    probes = [probe for groups in probes_of(raw).values() for group in groups.values() for probe in group]
    rows = [row for split in ("train", "valid", "test") for row in rows_of(raw, split)]
    assert len(rows) == 1500
    for row in (*rows, *probes):
        assert row["label"] == str(oracle(task, row["text"]))
    assert raw.classes == tuple("01234"[: TASKS[task].classes])
    assert {row["label"] for row in rows} == set(raw.classes)


@pytest.mark.parametrize("task", TASKS)
def test_train_lengths_are_all_there_and_probes_start_right_after_them(task: str) -> None:
    raw = generate(task)
    step = 2 if task == "modular_arithmetic" else 1
    trained = {len(text.split()) for text in texts_of(raw, "train")}
    assert trained == set(range(1, 41, step))
    probed = [len(probe["text"].split()) for (probe,) in probes_of(raw)["length"].values()]
    assert probed == [length for length in range(41, 61, step) for _ in range(settings(task).probes_per_length)]


def test_the_first_length_beyond_an_odd_end_of_training_is_the_next_odd_one() -> None:
    raw = generate("modular_arithmetic", train_lengths=(1, 41), probe_lengths=(42, 45))
    assert {len(probe["text"].split()) for (probe,) in probes_of(raw)["length"].values()} == {43, 45}


@pytest.mark.parametrize("task", TASKS)
def test_where_there_is_room_no_sequence_is_drawn_twice(task: str) -> None:
    raw = generate(task)
    texts = [text for split in ("train", "valid", "test") for text in texts_of(raw, split)]
    first = raw.notes["taken_once_from_length"]
    long = [text for text in texts if len(text.split()) >= first]
    assert len(set(long)) == len(long) > len(texts) / 2
    # And the length before has no such room.
    before = [text for text in texts if len(text.split()) == first - (2 if task == "modular_arithmetic" else 1)]
    assert TASKS[task].count(len(before[0].split())) < ROOM * len(before)
    train = set(texts_of(raw, "train"))
    probes = probes_of(raw)
    for kind in {"invariance", "sensitivity"} & set(probes):
        assert all(probe["text"] not in train for group in probes[kind].values() for probe in group)


@pytest.mark.parametrize("task", TASKS)
def test_orders_of_a_group_are_of_the_same_symbols_and_all_different(task: str) -> None:
    probes = probes_of(generate(task))
    assert len(probes["invariance"]) == 40
    for group in probes["invariance"].values():
        assert 2 <= len(group) <= 4
        assert len({probe["text"] for probe in group}) == len(group)
        assert len({tuple(sorted(probe["text"].split())) for probe in group}) == 1
        assert len({probe["label"] for probe in group}) == 1
    if task == "even_pairs":
        for group in probes["invariance"].values():
            assert len({(probe["text"][0], probe["text"][-1]) for probe in group}) == 1


@pytest.mark.parametrize("task", TASKS)
def test_sensitivity_pairs_exist_where_order_matters(task: str) -> None:
    probes = probes_of(generate(task))
    assert ("sensitivity" in probes) == (task in {"even_pairs", "modular_arithmetic"})
    for first, second in probes.get("sensitivity", {}).values():
        assert sorted(first["text"].split()) == sorted(second["text"].split())
        assert first["label"] != second["label"]


def test_lengths_without_room_still_give_probes() -> None:
    raw = generate("even_pairs", train_lengths=(1, 6), probe_lengths=(7, 8))
    assert raw.notes["taken_once_from_length"] is None
    assert len(probes_of(raw)["sensitivity"]) == 40


def test_lengths_that_a_task_lacks_are_refused() -> None:
    message = "datasets.modular_arithmetic.probe_lengths: modular_arithmetic has odd lengths alone; widen the range"
    with pytest.raises(UserError, match=f"^{message}$"):
        generate("modular_arithmetic", probe_lengths=(42, 42))


def test_sequences_too_short_for_another_order_are_refused() -> None:
    message = (
        "datasets.even_pairs: finds no sequences with another order that training lacks; "
        "raise the end of train_lengths, or lower train_size"
    )
    with pytest.raises(UserError, match=f"^{message}$"):
        generate("even_pairs", train_lengths=(1, 2), probe_lengths=(3, 4))
