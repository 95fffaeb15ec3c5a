"""The settings of sources that read the rows people have: where text and label stand, what becomes of bad rows."""

from typing import Literal, Self

from pydantic import Field, model_validator

from timeshare.core.config.base import PositiveInt
from timeshare.sources.realtext.settings import RealTextSettings


class RowsSettings(RealTextSettings):
    """Columns, and the policy for rows that cannot be used."""

    text: str = Field(default="text", description="column of the texts; `a.b` is the key b inside a")
    label: str = Field(default="label", description="column of their labels")
    id: str | None = Field(default=None, description="column of unique row names; null: rows are numbered")
    rows: Literal["lenient", "strict"] = Field(
        default="lenient",
        description="rows without a text, a token or a label, rows of more than `max_length` tokens, and texts that a "
        "later split has too; lenient: they are left out, counted and listed in left_out.csv; strict: they are errors",
    )
    repeats: Literal["keep", "leave_out"] = Field(
        default="keep", description="rows whose text an earlier row of the same split has"
    )
    max_length: PositiveInt = Field(default=2000, description="largest number of tokens of a text")

    @model_validator(mode="after")
    def _columns_differ(self) -> Self:
        columns = self.columns()
        if len(set(columns)) < len(columns):
            raise ValueError("text, label and id must name different columns")
        return self

    def columns(self) -> tuple[str, ...]:
        """The columns that are read: text, label and, if there is one, id."""
        return tuple(column for column in (self.text, self.label, self.id) if column is not None)
