"""What every document shares: it is frozen, refuses unknown fields, and carries exact money and zoned time."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _to_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone, such as 2025-03-01T12:00:00Z")
    return moment.astimezone(UTC)


def _exact(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError("must be a finite number")
    return value


Utc = Annotated[datetime, AfterValidator(_to_utc)]
Amount = Annotated[Decimal, Field(max_digits=18, decimal_places=6), AfterValidator(_exact)]
"""An exact decimal in the document's currency (money) or unit of measure (quantity); never a float."""


class Document(BaseModel):
    """A frozen value; two documents with the same fields are equal."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
