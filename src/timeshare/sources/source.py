"""What a source is: settings, and functions that turn them into raw tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from timeshare.core.config.base import Count, Settings

if TYPE_CHECKING:
    from timeshare.sources.raw import RawData

WHERE_FROM = "where the texts come from: a source of this package, or module:NAME (docs/extending.md)"


class DatasetSettings(Settings):
    """What the settings of every source have."""

    source: str = Field(description=WHERE_FROM)
    seed: Count = Field(
        default=0, description="seed of everything that is drawn at random: the texts, their split, the probes"
    )

    def named_files(self) -> tuple[str, ...]:
        """The files that are read for it, as params.yaml names them."""
        return ()


def _nothing(settings: DatasetSettings) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Source:
    """One source of data.

    Attributes:
        settings: what an entry of `datasets` with this source may state.
        ingest: called with the dataset's name (for messages), its settings and the folder that `download` filled;
            gives the raw tables, and raises a UserError where they cannot be made.
        download: called with its settings and an empty folder, fills that from elsewhere; None where nothing is
            downloaded.
        wanted: what of its settings, or of the source itself, a download depends on; as long as it stays the same,
            what is there is kept.
        own: whether the texts are the user's own, as those of a source outside this package are.
        tokeniser: what cuts the texts into tokens (`core.prepared.tokenisers`), unless the settings have a `tokeniser`.
    """

    settings: type[DatasetSettings]
    ingest: Callable[[str, Any, Path], "RawData"]
    download: Callable[[Any, Path], None] | None = None
    wanted: Callable[[Any], Mapping[str, Any]] = _nothing
    own: bool = False
    tokeniser: str = "basic_english"


def _ascending(ends: tuple[int, int]) -> tuple[int, int]:
    if ends[0] > ends[1]:
        raise ValueError(f"is {list(ends)}; give the smaller number first")
    return ends


# The least and the greatest of something.
Range = Annotated[tuple[Count, Count], AfterValidator(_ascending)]


def check_apart(trained: Range, probed: Range, keys: str) -> None:
    """Refuse length probes that are not longer than everything trained on.

    Raises:
        ValueError: they are not, or nothing is trained on at all.
    """
    if not 1 <= trained[1] < probed[0]:
        raise ValueError(f"{keys}: give a first range that ends at 1 or more, and a second that begins beyond it")
