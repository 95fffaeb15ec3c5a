"""Does padding let weights of their own handle any length up to it? (Q5)

All sentences are padded to an extent of twice the longest training sentence, so every net has weights for lengths that
it was never trained on. Without a mask the net runs on through the padding, and its state is read after that; with one
it is read at the sentence's own end. Accuracy by length then shows what the weights of steps are worth that have met
nothing but padding, or nothing at all.
"""

import math
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from timeshare.core.config.overrides import merged
from timeshare.core.prepared.store import PreparedData
from timeshare.evaluate.generalisation import lengths_table
from timeshare.evaluate.predictions import Predictions
from timeshare.evaluate.untrained import constant_predictions
from timeshare.models.settings import RecurrentSettings
from timeshare.prepare.settings import PrepareSettings
from timeshare.questions.fits import fit_model, predictions_of, prepare_data, write_raw
from timeshare.questions.padding.settings import PaddingSettings
from timeshare.questions.records import Record, mean_by_region, over_seeds, write_summary, write_table

REGIONS = ("trained", "between", "beyond")
# Enough exact bounds past the extent that no longer sentence is padded.
_ROOM = 200


class Variant(NamedTuple):
    """One way to meet padded input.

    Attributes:
        model: 'shared' or 'unshared'.
        side: where the padding stands, 'right' or 'left'.
        mask: whether the state is read at the sentence's own end.
    """

    model: str
    side: str
    mask: bool


VARIANTS = [
    Variant(model, side, mask)
    for model, side, mask in product(("shared", "unshared"), ("right", "left"), (True, False))
    # With a mask a shared net does not see the padding at all: one side stands for both.
    if (model, side, mask) != ("shared", "left", True)
]


def run(settings: PaddingSettings, folder: Path) -> None:
    """Write accuracy.csv (one row a variant, seed and length) and summary.json."""
    with TemporaryDirectory() as scratch:
        padded = padded_data(settings, Path(scratch))
        longest = padded["right"].meta["longest_train"]
        extent = padded_extent(longest, settings.extent_factor)

        def by_length(predictions: Predictions) -> list[Record]:
            table = lengths_table(predictions)
            counts: list[Record] = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
            return [
                {name: count[name] for name in ("length", "rows", "correct")}
                | {"region": region_of(count["length"], longest, extent)}
                for count in counts
            ]

        records: list[Record] = []
        for variant in VARIANTS:
            for seed in settings.seeds:
                predictions = _predictions(variant, settings, padded[variant.side], extent, seed)
                records += [{**variant._asdict(), "seed": seed, **record} for record in by_length(predictions)]
    write_table(folder / "accuracy.csv", records)
    keys = ("model", "side", "mask")
    variants = over_seeds(mean_by_region(records, (*keys, "seed")), keys, REGIONS)
    constant = next(mean_by_region(by_length(constant_predictions(predictions)), ()))
    chance = 1 / predictions.probabilities.shape[1]
    baselines = {"constant": constant, "random": dict.fromkeys(constant, chance)}
    facts = {"longest_train": longest, "extent": extent, "baselines": baselines}
    write_summary(folder, "padding", settings.seeds, variants, facts)


def padded_extent(longest: int, factor: float) -> int:
    """Steps that sentences are padded to."""
    return math.ceil(longest * factor)


def region_of(length: int, longest: int, extent: int) -> str:
    """Where a length lies: within training, within the padding alone, or beyond both."""
    return REGIONS[(length > longest) + (length > extent)]


def padded_data(settings: PaddingSettings, scratch: Path) -> dict[str, PreparedData]:
    """The sentences, padded on either side to the extent; longer ones not at all."""
    write_raw("padding", settings.data, scratch / "raw")
    common = merged(PrepareSettings(), settings.data.prepare)
    longest = prepare_data(scratch / "raw", scratch / "plain", common).meta["longest_train"]
    extent = padded_extent(longest, settings.extent_factor)
    bounds = tuple(range(extent, extent + _ROOM))
    return {
        side: prepare_data(
            scratch / "raw",
            scratch / side,
            common.model_copy(update={"layout": "bucketing", "bounds": bounds, "side": side}),
        )
        for side in ("right", "left")
    }


def model_of(variant: Variant, settings: PaddingSettings, extent: int) -> RecurrentSettings:
    """The variant's net; with padding on the left and a mask, the steps of sentences that end together are the same."""
    align = "end" if variant.side == "left" and variant.mask else "start"
    return settings.net(sharing=variant.model, start="equal", extent=extent, align=align, mask=variant.mask)


def _predictions(
    variant: Variant, settings: PaddingSettings, data: PreparedData, extent: int, seed: int
) -> Predictions:
    label = f"padding: {variant.model}, {variant.side}, {'masked' if variant.mask else 'unmasked'}, seed {seed}"
    return predictions_of(fit_model(label, model_of(variant, settings, extent), data, settings.data, seed), data)
