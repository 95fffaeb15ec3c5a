"""Settings that one entry of a catalogue states in place of a common section's."""

from typing import Annotated, Any, TypeVar

from pydantic import Field, create_model

from timeshare.core.config.base import Settings

SomeSettings = TypeVar("SomeSettings", bound=Settings)


def overrides_of(settings: type[Settings], name: str) -> type[Settings]:
    """The same fields, each optional: what a dataset states of its own is merged over the common section."""
    # The key stands among the metadata only because Annotated wants at least one item.
    fields: dict[str, Any] = {
        key: (
            Annotated[field.annotation, key, *field.metadata] | None,
            Field(default=None, description=field.description),
        )
        for key, field in settings.model_fields.items()
    }
    return create_model(name, __base__=Settings, __doc__=f"What a dataset overrides of {settings.__name__}.", **fields)


def merged(common: SomeSettings, overrides: Settings) -> SomeSettings:
    """The common settings with those that `overrides` states in their place."""
    return common.model_copy(update=overrides.model_dump(exclude_none=True))
