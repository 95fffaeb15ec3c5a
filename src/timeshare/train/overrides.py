"""Entries of the catalogues of datasets and models: their own settings, and what they override of common sections.

They stand here because this is the lowest room that knows sources, preparing, models and training.
"""

import functools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter, ValidationError, create_model
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from timeshare.core.config.external import ADDRESS, is_external, load_external
from timeshare.core.config.overrides import overrides_of
from timeshare.models.settings import AnyModel, ModelSettings
from timeshare.prepare.settings import PrepareSettings
from timeshare.sources.source import DatasetSettings, Source
from timeshare.sources.table import SOURCES
from timeshare.train.settings import TrainSettings

PrepareOverrides = overrides_of(PrepareSettings, "PrepareOverrides")
TrainOverrides = overrides_of(TrainSettings, "TrainOverrides")


class DatasetEntry(DatasetSettings):
    """What an entry of the catalogue has beside its source's settings."""

    prepare: PrepareOverrides = Field(  # type: ignore[valid-type] # a class made from another
        default=PrepareOverrides(), description="keys of the section `prepare` that this dataset overrides"
    )
    training: TrainOverrides = Field(  # type: ignore[valid-type]
        default=TrainOverrides(), description="keys of the section `training` that this dataset overrides"
    )


class ModelEntry(ModelSettings):
    """What an entry of the catalogue of models has beside its encoder's settings."""

    training: TrainOverrides = Field(  # type: ignore[valid-type]
        default=TrainOverrides(),
        description="keys of the section `training` that this model overrides, and over its datasets' as well",
    )

    def model(self) -> AnyModel:
        """The model alone, as it is built and saved."""
        model: AnyModel = _MODELS.validate_python(self.model_dump(exclude={"training"}))
        return model


_MODELS: TypeAdapter[AnyModel] = TypeAdapter(AnyModel)


@functools.cache
def entry_of(settings: type[DatasetSettings]) -> type[DatasetEntry]:
    """The class of an entry whose source has these settings."""
    bases: Any = (settings, DatasetEntry)
    return create_model(settings.__name__, __base__=bases, __doc__=settings.__doc__)


@dataclass(frozen=True)
class _OrExternal:
    """Lets an entry name a source of the user's own, `source: module:NAME`, whose settings that module defines.

    Attributes:
        own: the entries of this package's own sources.
        may_download: whether that source may be one that downloads.
    """

    own: TypeAdapter[DatasetEntry]
    may_download: bool

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            self._read,
            handler(source),
            # By what the entry is, for the union knows this package's own alone.
            serialization=core_schema.wrap_serializer_function_ser_schema(
                lambda entry, serialise: serialise(entry), schema=core_schema.any_schema()
            ),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        known = handler(schema)
        address = {"type": "string", "pattern": ADDRESS}
        external = {"type": "object", "properties": {"source": address}, "required": ["source"]}
        return {**known, "oneOf": [*known["oneOf"], external]}

    def _read(self, given: Any, handler: core_schema.ValidatorFunctionWrapHandler) -> Any:
        if not isinstance(given, dict):
            return handler(given)
        # Through JSON once more, as params.yaml itself is read: a list is then taken where the settings want a tuple.
        content = json.dumps(given)
        name = given.get("source")
        if not (isinstance(name, str) and is_external(name)):
            return self.own.validate_json(content)
        try:
            source = load_external(name, Source)
            if source.download is not None and not self.may_download:
                raise ValueError(f"{name} downloads, and studies do not; name a source that makes its texts")
        except ValueError as error:
            # An error of pydantic's own, to say where it is.
            wrong = PydanticCustomError("value_error", "{what}", {"what": str(error)})
            raise ValidationError.from_exception_data(
                "dataset", [InitErrorDetails(type=wrong, loc=("source",), input=name)]
            ) from None
        return entry_of(source.settings).model_validate_json(content)


def _union_of(sources: Iterable[Source], *, may_download: bool) -> Any:
    entries: Any = Union[tuple(entry_of(source.settings) for source in sources)]  # noqa: UP007 - made at run time
    union: Any = Annotated[entries, Field(discriminator="source")]
    return Annotated[union, _OrExternal(TypeAdapter(union), may_download)]


def _entry_of_model(settings: type[ModelSettings]) -> type[ModelEntry]:
    bases: Any = (ModelEntry, settings)
    return create_model(settings.__name__.replace("Settings", "Entry"), __base__=bases, __doc__=settings.__doc__)


if TYPE_CHECKING:
    AnyModelEntry = ModelEntry
    AnyDataset = DatasetEntry
    OfflineDataset = DatasetEntry
else:
    AnyModelEntry = Annotated[
        Union[tuple(map(_entry_of_model, get_args(get_args(AnyModel)[0])))],  # noqa: UP007 - made at run time
        Field(discriminator="encoder"),
    ]
    AnyDataset = _union_of(SOURCES.values(), may_download=True)
    # A study makes its data itself. Sources that download are for the members of the run.
    OfflineDataset = _union_of((each for each in SOURCES.values() if each.download is None), may_download=False)
