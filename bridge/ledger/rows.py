"""Rows of the ledger as frozen values."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from bridge.shown import SHOWN
from bridge.states import State


@dataclass(frozen=True)
class Record:
    """One business document on its way. Columns as in `schema.record`; `content` and `mapped` are JSON text."""

    id: int
    connection: str
    site: str
    document: str
    source_id: str
    lane: str
    state: State
    revision: int
    wanted_version: int
    version: int
    written_version: int | None
    needs_read: bool
    read_from: datetime | None
    order_number: str | None
    placed_at: datetime | None
    as_of: datetime | None
    content_hash: str | None
    content: str | None
    mapped: str | None
    mapping_version: str | None
    amount: Decimal | None
    currency: str | None
    customer_record_id: int | None
    parent_id: int | None
    priority: int
    due_at: datetime
    failures: int
    batch_id: int | None
    fence: int | None
    number: str | None
    writes_begun: int
    doubts: int
    erp_total: Decimal | None
    flags: str | None
    condition: str | None
    reason_code: str | None
    reason_field: str | None
    reason_value: str | None
    reason_text: str | None
    fingerprint: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def stamp(self) -> str:
        """Our mark in the ERP: the site and this record's id, 30 characters at most."""
        return f"{self.site[:17]}:{self.id}"

    @property
    def is_outdated(self) -> bool:
        """The storefront wants another version than the one that we have read, or has told two stories of it.

        What is shown to a storefront has no reader behind it: its newest value stands in the record already.
        """
        return self.document not in SHOWN and (self.needs_read or self.wanted_version > self.version)

    @property
    def needs_probe(self) -> bool:
        """A write of this record may have begun before, so the ERP must be asked before it is written again."""
        return self.writes_begun > 0


def record_of(row: Row[Any]) -> Record:
    """The record in a full row of `schema.record`."""
    values = dict(row._mapping)
    values["state"] = State(values["state"])
    return Record(**values)


@dataclass(frozen=True)
class Reason:
    """Why a record waits: a code to group by, the field at fault beside its value, and a sentence."""

    code: str
    text: str
    field: str | None = None
    value: str | None = None

    @property
    def fingerprint(self) -> str:
        """Groups records that one fix would mend: same code and field, digits aside."""
        place = "".join("#" if letter.isdigit() else letter for letter in (self.field or ""))
        return f"{self.code}/{place}" if place else self.code

    def columns(self) -> dict[str, str | None]:
        """The reason as columns of `schema.record`."""
        return {
            "reason_code": self.code[:64],
            "reason_field": self.field[:128] if self.field else None,
            "reason_value": self.value[:256] if self.value else None,
            "reason_text": self.text,
            "fingerprint": self.fingerprint[:64],
        }


NO_REASON: dict[str, str | None] = dict.fromkeys(
    ("reason_code", "reason_field", "reason_value", "reason_text", "fingerprint", "condition")
)
