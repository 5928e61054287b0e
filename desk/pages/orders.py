"""Orders: a list that narrows down, a search by any id, and one order's whole trace."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Row
from starlette.responses import RedirectResponse, Response

from bridge.documents.customer import NO_ACCOUNT
from bridge.ledger import order_list
from bridge.ledger.moves import fetch
from bridge.ledger.order_list import Asked, newest_with
from bridge.ledger.rows import Record
from bridge.ledger.trace import find, trace
from bridge.ledger.way import roots, way
from bridge.overview import next_opening
from bridge.ports.erp import CUSTOMER, ORDER
from bridge.states import State
from desk.masking import masked, masked_body, masked_way
from desk.rendering import Desk
from desk.settings import Role
from desk.visits import NotThere, Page, Visit

_GUEST = NO_ACCOUNT[0]
_LONGEST_QUERY = 128
_BODY_BYTES = 100_000


@dataclass(frozen=True)
class Found:
    """What a search came to: orders, customers that the text means, and whether documents were looked through."""

    orders: list[Any]
    customers: list[Record]
    looked_through: bool


def show(desk: Desk, visit: Visit) -> Response:
    """The list, or what was searched for; one order that alone answers to an id is shown at once."""
    wanted = visit.query("q")[:_LONGEST_QUERY]
    if wanted:
        return _search(desk, visit, wanted)
    asked = _asked(desk, visit)
    with desk.database.read() as connection:
        rows = order_list.orders(connection, asked)
    older = _older(visit, rows) if len(rows) == order_list.PAGE_ROWS else None
    return _list(desk, visit, rows=rows, asked=asked, older=older)


def show_one(desk: Desk, visit: Visit) -> Response:
    """One record's way from the storefront to the general ledger."""
    record = _record(desk, visit)
    found = masked_way(way(desk.database, record), visit.role)
    expected = _expected(desk, visit, record)
    return desk.page(visit, "order.html", title=_title(found["record"]), way=found, expected=expected)


def trace_part(desk: Desk, visit: Visit) -> Response:
    """The same, renewed by itself."""
    record = _record(desk, visit)
    found = masked_way(way(desk.database, record), visit.role)
    return desk.part(visit, "parts/trace.html", way=found, expected=_expected(desk, visit, record))


def show_raw(desk: Desk, visit: Visit) -> Response:
    """What the storefront sent, what we made of it, and what Sage was sent; masked by role."""
    record = _record(desk, visit)
    found = trace(desk.database, record.id)
    events = [
        {"event_id": row.event_id, "received_at": row.received_at, "topic": row.topic, "size": len(row.body),
         "body": masked_body(row.body, visit.role) if len(row.body) <= _BODY_BYTES else None}
        for row in found.events
    ]  # fmt: skip
    title = f"Documents of {record.document} {record.order_number or record.source_id}"
    document, mapped = (_document(text, visit.role) for text in (record.content, record.mapped))
    return desk.page(
        visit, "raw.html", title=masked(title, visit.role), record=record, events=events, document=document,
        mapped=mapped,
    )  # fmt: skip


def _search(desk: Desk, visit: Visit, wanted: str) -> Response:
    found = _find(desk, wanted)
    if len(found.orders) == 1 and not found.customers and not found.looked_through:
        return RedirectResponse(f"/orders/{found.orders[0].id}", status_code=303)
    return _list(desk, visit, rows=found.orders, asked=Asked(), older=None, found=found)


def _find(desk: Desk, wanted: str) -> Found:
    """By id, through the indexes; only what answers to none is looked for in the newest orders' documents."""
    heads = roots(desk.database, list(desk.ports.fleet.connections), wanted)
    if not heads and "@" in wanted:
        heads = find(desk.database, f"{_GUEST}{wanted.lower()}")
    customers = [record for record in heads if record.document == CUSTOMER]
    orders: list[Any] = [record for record in heads if record.document != CUSTOMER]
    if orders or customers:
        return Found(orders, customers, looked_through=False)
    with desk.database.read() as connection:
        return Found(list(newest_with(connection, wanted)), [], looked_through=True)


def _list(desk: Desk, visit: Visit, **facts: Any) -> Response:
    rows = facts.pop("rows")
    shown = [{"row": _masked_row(row, visit.role), "expected": _expected(desk, visit, row)} for row in rows]
    return desk.page(
        visit, "orders.html", title="Orders", q=visit.query("q"), lanes=list(desk.ports.fleet.lanes),
        states=list(State), shown=shown, found=facts.pop("found", None), newest=order_list.NEWEST, **facts,
    )  # fmt: skip


def _masked_row(row: Any, role: Role | None) -> dict[str, Any]:
    names = ("id", "order_number", "source_id", "lane", "state", "placed_at", "amount", "currency", "number", "flags",
             "condition", "reason_text", "updated_at")  # fmt: skip
    plain: dict[str, Any] = masked({name: getattr(row, name) for name in names}, role)
    return plain


def _asked(desk: Desk, visit: Visit) -> Asked:
    lane, state, customer = visit.query("lane"), visit.query("state"), visit.query("customer")
    if lane and lane not in desk.ports.fleet.lanes:
        raise NotThere(f"no lane {lane!r}; there are {', '.join(desk.ports.fleet.lanes)}")
    if state and state not in set(State):
        raise NotThere(f"no state {state!r}; there are {', '.join(State)}")
    chosen = State(state) if state else None
    return Asked(lane or None, chosen, _id(customer) if customer else None, _before(visit.query("before")))


def _before(text: str) -> tuple[int, datetime] | None:
    """Where the page before ended, as `_older` wrote it."""
    if not text:
        return None
    number, _, moment = text.partition("~")
    try:
        return _id(number), datetime.fromisoformat(moment)
    except ValueError:
        raise NotThere(f"before={text!r} is no place in the list") from None


def _older(visit: Visit, rows: Any) -> str:
    last: Row[Any] = rows[-1]
    kept = {name: visit.query(name) for name in ("lane", "state", "customer") if visit.query(name)}
    return "/orders?" + urlencode({**kept, "before": f"{last.id}~{last.updated_at.isoformat()}"})


def _id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise NotThere(f"{text!r} is no id")
    return int(text)


def _record(desk: Desk, visit: Visit) -> Record:
    number = visit.number("id")
    try:
        with desk.database.read() as connection:
            return fetch(connection, number)
    except KeyError:
        raise NotThere(f"no record {number} in the ledger") from None


def _expected(desk: Desk, visit: Visit, row: Any) -> datetime | None:
    """When a ready order should be in Sage: at the first window after it is due; None for all others."""
    lane = desk.ports.fleet.lanes.get(row.lane)
    if lane is None or row.state != State.READY:
        return None
    return next_opening(lane.calendar, max(visit.now, row.due_at))


def _title(record: dict[str, Any]) -> str:
    name = "Order" if record["document"] == ORDER else record["document"]
    return f"{name} {record['order_number'] or record['source_id']}"


def _document(text: str | None, role: Role | None) -> str | None:
    if text is None:
        return None
    return json.dumps(masked(json.loads(text), role), indent=2, ensure_ascii=False)


routes = (
    Page("GET", "/orders", Role.VIEW, show),
    Page("GET", "/orders/{id}", Role.VIEW, show_one),
    Page("GET", "/orders/{id}/raw", Role.VIEW, show_raw),
    Page("GET", "/parts/orders/{id}", Role.VIEW, trace_part, is_part=True),
)
