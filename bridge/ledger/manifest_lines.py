"""What each window made of each record: one line in the commit that decides it, never changed or taken away after.

The manifests of windows are added up from these lines alone, so that they can be held against the ledger's records.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pydantic import ValidationError
from sqlalchemy import Connection, Insert, bindparam, func, insert, select

from bridge.documents import Order
from bridge.documents.taken import taken
from bridge.ledger import schema
from bridge.ledger.rows import Record
from bridge.ledger.schema_alarms import manifest_line
from bridge.ledger.types import BigId
from bridge.ports.erp import DEPOSIT, ORDER
from bridge.states import State


@dataclass(frozen=True)
class Control:
    """The control totals of one document or of many, in one currency; None where its document does not say.

    `goods` are the items less discounts, `freight` is shipping with handling and fees, `payments` what was taken.
    """

    amount: Decimal | None = None
    erp_total: Decimal | None = None
    goods: Decimal | None = None
    freight: Decimal | None = None
    tax: Decimal | None = None
    payments: Decimal | None = None

    def __add__(self, other: "Control") -> "Control":
        return Control(**{name: _sum(getattr(self, name), getattr(other, name)) for name in PARTS})

    def __neg__(self) -> "Control":
        return Control(**{name: _minus(getattr(self, name)) for name in PARTS})

    @property
    def is_zero(self) -> bool:
        """Whether nothing is left of any part."""
        return not any(getattr(self, name) for name in PARTS)


PARTS = ("amount", "erp_total", "goods", "freight", "tax", "payments")


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return other if one is None else one if other is None else one + other


def _minus(part: Decimal | None) -> Decimal | None:
    return None if part is None else -part


def control_of(document: str, content: str | None, amount: Decimal | None, erp_total: Decimal | None) -> Control:
    """The control totals of one record by its document's text. Pure.

    A text that this release cannot read gives amount and total only: what is in the ERP must be noted all the same.
    """
    if document == DEPOSIT:
        return Control(amount, erp_total, payments=amount)
    if document != ORDER or content is None:
        return Control(amount, erp_total)
    try:
        order = Order.model_validate_json(content)
    except ValidationError:
        return Control(amount, erp_total)
    totals = order.totals
    return Control(
        amount, erp_total, goods=totals.items + totals.discounts,
        freight=totals.shipping + totals.handling + totals.fees, tax=totals.tax,
        payments=sum(map(taken, order.payments), Decimal(0)),
    )  # fmt: skip


def note(connection: Connection, record: Record, outcome: State, *, fence: int | None, now: datetime) -> None:
    """As `note_all`, for one record that is not in the ERP by this move."""
    note_all(connection, [(record, None)], outcome, fence=fence, now=now)


def note_all(
    connection: Connection, records: Sequence[tuple[Record, Decimal | None]], outcome: State, *, fence: int | None,
    now: datetime,
) -> None:  # fmt: skip
    """Adds the lines of records, as they were before this move, that their writer moves to `outcome` under its fence.

    Each comes with its total in the ERP. Without a fence, as where storefronts are told, nothing is noted. Called again
    it adds another line.
    """
    if fence is None or not records:
        return
    lines = []
    for record, erp_total in records:
        is_in = outcome is State.CONFIRMED
        control = control_of(record.document, record.content if is_in else None, record.amount, erp_total)
        lines.append({
            "of_batch": record.batch_id, "of_fence": fence, "lane": record.lane, "record_id": record.id,
            "document": record.document, "outcome": outcome.value, "currency": record.currency, "at": now,
            **{name: getattr(control, name) for name in PARTS},
        })  # fmt: skip
    connection.execute(_NEW_LINE, lines)


def _new_line() -> Insert:
    """Made once, for it is executed with every record.

    A line belongs to the window of the record's batch. One that a probe decides is in no batch, so its line belongs to
    the window of the fence: that is the lane's newest, and found with the first look.
    """
    windows, batches = schema.window.c, schema.batch.c
    of_batch = select(batches.window_id).where(batches.id == bindparam("of_batch", type_=BigId)).scalar_subquery()
    mine = (windows.lane == bindparam("lane")) & (windows.fence == bindparam("of_fence", type_=BigId))
    of_fence = select(windows.id).where(mine).order_by(windows.scheduled_for.desc()).limit(1).scalar_subquery()
    columns = {column.name: bindparam(column.name, type_=column.type) for column in manifest_line.c}
    del columns["id"]
    return insert(manifest_line).values({**columns, "window_id": func.coalesce(of_batch, of_fence)})


_NEW_LINE = _new_line()
