"""Input padded to the extent, and where a length lies."""

from pathlib import Path

import pytest

from tests.questions.asking import ask
from tests.report.fixture import make_params, plain, write_tree
from timeshare.core.artifacts import write_csv
from timeshare.core.prepared.store import PreparedData
from timeshare.questions.padding.settings import PaddingSettings
from timeshare.questions.padding.study import VARIANTS, model_of, padded_data, padded_extent, region_of
from timeshare.report.reading import read_results
from timeshare.sources.sentences import SentencesSettings
from timeshare.train.overrides import entry_of

SETTINGS = PaddingSettings(
    study="padding",
    data=entry_of(SentencesSettings)(source="sentences", train_size=120, valid_size=20, test_size=20, probe_groups=30),
)


@pytest.fixture(scope="module")
def padded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, PreparedData]:
    return padded_data(SETTINGS, tmp_path_factory.mktemp("padding"))


@pytest.mark.parametrize("side", ["right", "left"])
def test_everything_within_the_extent_is_padded_to_it_and_nothing_longer_is_padded(
    padded: dict[str, PreparedData], side: str
) -> None:
    data = padded[side]
    extent = padded_extent(data.meta["longest_train"], SETTINGS.extent_factor)
    assert extent == 2 * data.meta["longest_train"]
    assert [bucket.tokens.shape[1] for bucket in data.split("train").buckets] == [extent]
    for split in ("train", "test", "probes"):
        for bucket in data.split(split).buckets:
            width = bucket.tokens.shape[1]
            assert width == extent or (width > extent and (bucket.lengths == width).all())
            for tokens, length in zip(bucket.tokens, bucket.lengths, strict=True):
                real, padding = (
                    (tokens[:length], tokens[length:])
                    if side == "right"
                    else (tokens[width - length :], tokens[: width - length])
                )
                assert (real != 0).all()
                assert (padding == 0).all()


def test_longer_sentences_fall_on_both_sides_of_the_extent(padded: dict[str, PreparedData]) -> None:
    longest = padded["right"].meta["longest_train"]
    lengths = padded["right"].split("probes").lengths()
    regions = {region_of(int(length), longest, 2 * longest) for length in lengths}
    assert regions == {"trained", "between", "beyond"}


def test_regions_at_their_edges() -> None:
    assert [region_of(length, 10, 20) for length in (1, 10, 11, 20, 21)] == [
        "trained",
        "trained",
        "between",
        "between",
        "beyond",
    ]


def test_every_unshared_net_has_weights_for_the_whole_extent() -> None:
    for variant in VARIANTS:
        model = model_of(variant, SETTINGS, extent=20)
        assert (model.sharing, model.extent, model.mask) == (variant.model, 20, variant.mask)


def test_steps_are_counted_from_the_end_where_masked_sentences_end_together() -> None:
    aligned = {(variant.side, variant.mask): model_of(variant, SETTINGS, 20).align for variant in VARIANTS}
    assert aligned == {
        ("right", True): "start",
        ("right", False): "start",
        ("left", True): "end",
        ("left", False): "start",
    }


def test_padding_is_judged_within_the_extent_alone(tmp_path: Path) -> None:
    params = make_params(datasets=("parity",), models=("shared", "unshared_padded"), resamples=100)
    write_tree(tmp_path, params)
    for model, right in (("shared", 10), ("unshared_padded", 5)):
        rules = ("hold", "cycle") if model == "unshared_padded" else ("",)
        rows = [("", length, 10, right, 4) for length in range(1, 81)]
        rows += [(rule, length, 10, 0, 4) for rule in rules for length in range(81, 101)]  # beyond the extent
        for seed in (0, 1, 2):
            path = tmp_path / "results/parity" / model / str(seed) / "lengths.csv"
            write_csv(path, ("rule", "length", "rows", "correct", "constant"), rows)
    answer = ask("Q5", read_results(params, tmp_path))
    assert answer.verdict == "No"
    assert "less accurate on parity (by 50.0" in plain(answer.sentences[0])
    assert answer.table is not None
    assert answer.table.rows[0][2].text == "41 to 80"
    assert [[entry.text for entry in row[1:4:2]] for row in answer.table.rows] == [
        ["unshared_padded", "50.0%"],
        ["constant (majority)", "40.0%"],
        ["random guess", "50.0%"],
    ]
