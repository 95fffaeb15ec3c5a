"""Source `hutto_gilbert`: four sets of short English texts with a sentiment, downloaded."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from timeshare.core.config.base import Distinct
from timeshare.sources.realtext.settings import RealTextSettings
from timeshare.sources.source import WHERE_FROM, Source

if TYPE_CHECKING:
    from timeshare.sources.raw import RawData


class HuttoGilbertSettings(RealTextSettings):
    """One or several of the four sets of Hutto & Gilbert (2014), as binary sentiment."""

    source: Literal["hutto_gilbert"] = Field(description=WHERE_FROM)
    sets: Distinct[Literal["movie_reviews", "tweets", "amazon_reviews", "nyt_editorials"]] = Field(
        min_length=1, description="which of the four; several are joined"
    )


def _ingest(name: str, settings: HuttoGilbertSettings, downloads: Path) -> "RawData":
    from timeshare.sources.hutto_gilbert.read import read

    return read(name, settings, downloads)


def _download(settings: HuttoGilbertSettings, folder: Path) -> None:
    from timeshare.sources.hutto_gilbert.download import download

    download(folder)


def _wanted(settings: HuttoGilbertSettings) -> Mapping[str, Any]:
    from timeshare.sources.hutto_gilbert.download import SHA256

    return {"sha256": SHA256}  # all four sets, whichever are chosen


SOURCE = Source(HuttoGilbertSettings, _ingest, _download, _wanted)
