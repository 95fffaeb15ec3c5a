"""The sources by name. All else that must know of a source derives it from this table."""

from collections.abc import Mapping

from timeshare.core.config.external import is_external, load_external
from timeshare.sources import files, formal, huggingface, hutto_gilbert, sentences
from timeshare.sources.realtext.settings import RealTextSettings
from timeshare.sources.source import DatasetSettings, Source

SOURCES: Mapping[str, Source] = {
    "sentences": sentences.SOURCE,
    "formal": formal.SOURCE,
    "hutto_gilbert": hutto_gilbert.SOURCE,
    "files": files.SOURCE,
    "huggingface": huggingface.SOURCE,
}


def source_of(settings: DatasetSettings) -> Source:
    """The source that a dataset's settings name: one of this package, or the user's own, `module:NAME`."""
    name = settings.source
    return load_external(name, Source) if is_external(name) else SOURCES[name]


def is_own(settings: DatasetSettings) -> bool:
    """Whether a dataset's texts are the user's own: a mistake in them is theirs to mend."""
    return is_external(settings.source) or SOURCES[settings.source].own


def tokeniser_for(settings: DatasetSettings) -> str:
    """The name of what cuts a dataset's texts: real text as its settings say, made text as its source does."""
    return settings.tokeniser if isinstance(settings, RealTextSettings) else source_of(settings).tokeniser
