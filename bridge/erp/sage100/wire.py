"""The JSON between the fleet, the Sage agent and its session hosts.

Columns travel under Sage's own marks: `CustomerNo$` is text, `UnitPrice` is a number; both are JSON strings, so that
no decimal is ever a float on the way, and their order is kept.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter
from pydantic_core import to_jsonable_python

from bridge.erp.sage100.values import com_name
from bridge.errors import (
    LaneLocked,
    Misconfigured,
    NoSeat,
    Refused,
    StaleFence,
    TidegateError,
    TryLater,
    Unauthorised,
    Uncertain,
    Unreachable,
)
from bridge.ports.erp import CANCEL, CUSTOMER, DEPOSIT, ORDER, CustomerQuery, ErpWrite, FieldValue, ProbeKey
from bridge.ports.reading import ErpPage, ErpRow

Shape = TypeVar("Shape")

API_KEY_HEADER = "X-Api-Key"
SESSION_HEADER = "X-Session-Id"
COMPANY_HEADER = "X-Company"
FENCE_HEADER = "X-Fence"
PURPOSE_HEADER = "X-Purpose"
READER = "reader"
"""Begins the purpose of a session that only reads; its flow follows."""

PATHS: dict[str, str] = {
    ORDER: "/SO/SalesOrder",
    CUSTOMER: "/AR/Customer",
    CANCEL: "/SO/SalesOrder/withdrawal",
    DEPOSIT: "/SO/SalesOrder/deposit",
}
"""Where a document's routes begin."""

CREATED = (ORDER, CUSTOMER)
"""Documents that have numbers and stamps of their own; a withdrawal and a deposit have those of their order."""


class WireWrite(BaseModel):
    """One record of a batch; the columns are checked one record at a time, so that one bad record spoils no other."""

    model_config = ConfigDict(extra="forbid")

    record_id: int
    number: str
    stamp: str
    header: dict[str, str]
    lines: list[dict[str, str]] = []
    before: dict[str, str] = {}


class BatchBody(BaseModel):
    """A batch: its id is refused a second time."""

    model_config = ConfigDict(extra="forbid")

    batch_id: int
    writes: list[WireWrite] = Field(min_length=1)


class OpenBody(BaseModel):
    """What a session is opened for."""

    model_config = ConfigDict(extra="forbid")

    company: str
    fence: int = Field(ge=0)
    purpose: str


def fenced_as(company: str, purpose: str) -> str:
    """Whose fences are counted together: those of a company's writers, and those of each flow's readers apart."""
    return f"{company} {purpose}" if purpose.startswith(READER) else company


class CountBody(BaseModel):
    """How many numbers to take."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(ge=1, le=1000)


class ProbeBody(BaseModel):
    """What to look for."""

    keys: list[ProbeKey]


class StampedBody(BaseModel):
    """Which stamped documents to list."""

    model_config = ConfigDict(extra="forbid")

    since: date
    after: str | None = Field(None, max_length=100)
    limit: int = Field(ge=1, le=500)


class ReadBody(BaseModel):
    """Which page to read; see `ReadAsk`."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(max_length=32)
    since: AwareDatetime | None = None
    keys: list[Annotated[str, Field(max_length=100)]] = Field([], max_length=1000)
    after: str | None = Field(None, max_length=200)
    limit: int = Field(ge=1, le=1000)


class MatchBody(BaseModel):
    """Which customers to find."""

    queries: list[CustomerQuery]


class FactsBody(BaseModel):
    """Whose standing to tell."""

    customers: list[str] = []
    items: list[str] = []


def dump(value: object) -> Any:
    """Any of the port's values as JSON, decimals as strings."""
    return to_jsonable_python(value)


def load(shape: type[Shape], raw: object) -> Shape:
    """JSON as one of the port's values; raises pydantic's `ValidationError`."""
    return TypeAdapter(shape).validate_python(raw)


def columns_to_wire(columns: Mapping[str, FieldValue]) -> dict[str, str]:
    """Columns with Sage's mark of text, all values as strings."""
    return {com_name(column, value): str(value) for column, value in columns.items()}


def columns_from_wire(raw: Mapping[str, str]) -> dict[str, FieldValue]:
    """The reverse of `columns_to_wire`; raises `Refused` for a number that is none."""
    return {
        name.removesuffix("$"): value if name.endswith("$") else _decimal(name, value) for name, value in raw.items()
    }


def _decimal(column: str, value: str) -> Decimal:
    try:
        return Decimal(value)
    except InvalidOperation as wrong:
        raise Refused(f"{column} is not a number", field=column, value=value, code="data_format") from wrong


def write_to_wire(write: ErpWrite) -> WireWrite:
    """One record for the agent; its document is in the path."""
    return WireWrite(
        record_id=write.record_id,
        number=write.number,
        stamp=write.stamp,
        header=columns_to_wire(write.header),
        lines=[columns_to_wire(line) for line in write.lines],
        before=columns_to_wire(write.before),
    )


def write_from_wire(document: str, raw: WireWrite) -> ErpWrite:
    """The record that the fleet meant; raises `Refused` for a number that is none."""
    return ErpWrite(
        record_id=raw.record_id,
        document=document,
        number=raw.number,
        stamp=raw.stamp,
        header=columns_from_wire(raw.header),
        lines=tuple(columns_from_wire(line) for line in raw.lines),
        before=columns_from_wire(raw.before),
    )


class WireRow(BaseModel):
    """One row that was read; columns under Sage's own marks."""

    key: str
    columns: dict[str, str]
    parts: dict[str, list[dict[str, str]]] = {}
    changed_at: AwareDatetime | None = None


class WirePage(BaseModel):
    """One page of rows."""

    rows: list[WireRow]
    as_of: AwareDatetime
    after: str | None = None


def page_to_wire(page: ErpPage) -> WirePage:
    """A page for the fleet."""
    rows = [
        WireRow(
            key=row.key,
            columns=columns_to_wire(row.columns),
            parts={name: [columns_to_wire(each) for each in part] for name, part in row.parts.items()},
            changed_at=row.changed_at,
        )
        for row in page.rows
    ]
    return WirePage(rows=rows, as_of=page.as_of, after=page.after)


def page_from_wire(raw: WirePage) -> ErpPage:
    """The page that was read; raises `Refused` for a number that is none."""
    rows = tuple(
        ErpRow(
            row.key,
            columns_from_wire(row.columns),
            {name: tuple(columns_from_wire(each) for each in part) for name, part in row.parts.items()},
            row.changed_at,
        )
        for row in raw.rows
    )
    return ErpPage(rows, raw.as_of, raw.after)


KINDS: dict[str, type[TidegateError]] = {
    "stale_fence": StaleFence,
    "no_seat": NoSeat,
    "locked": LaneLocked,
    "unauthorised": Unauthorised,
    "misconfigured": Misconfigured,
    "refused": Refused,
    "unreachable": Unreachable,
    "try_later": TryLater,
    "uncertain": Uncertain,
}
"""The errors that cross a wire, by the name they cross it under."""

_NAMES = {error: name for name, error in KINDS.items()}


def error_to_wire(error: TidegateError) -> dict[str, str]:
    """An error as JSON; a kind that is not in the table goes as `unreachable`, as nothing was written."""
    return {"error": _NAMES.get(type(error), "unreachable"), "text": str(error)}


def error_from_wire(raw: object) -> TidegateError | None:
    """The error that the other side meant; None for what neither the agent nor a session host can have said."""
    if not isinstance(raw, dict) or raw.get("error") not in KINDS:
        return None
    return KINDS[raw["error"]](str(raw.get("text", "")))
