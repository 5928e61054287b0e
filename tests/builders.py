"""Makes what tests need in one line each."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bridge.documents import Address, Customer
from bridge.ledger.arrivals import Arrival
from bridge.ledger.intake import take
from bridge.ledger.moves import Step, create, fetch, move
from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.ports.events import Event
from bridge.states import State
from bridge.writing.mapped import CUSTOMER_PLACEHOLDER, Mapped

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LANE = "sage100:ABC"
SITE = "main"


def an_event(event_id: str = "evt_1", *, body: bytes = b"{}", topic: str = "order.created") -> Event:
    """One webhook event."""
    return Event(connection="clarity", event_id=event_id, topic=topic, body=body, received_at=NOW)


def an_arrival(source_id: str = "10025", *, version: int = 1, lane: str = LANE, **event: Any) -> Arrival:
    """An event that speaks of an order."""
    event.setdefault("event_id", f"evt_{source_id}_{version}")
    return Arrival(an_event(**event), "order", source_id, version, SITE, lane, read_from=NOW)


def a_customer(database: Database, source_id: str = "c1", *, name: str = "Acme", **more: Any) -> Record:
    """A customer's record, ready to be matched or created."""
    customer = Customer(
        source_id=source_id, site_id=SITE, name=name, email=more.pop("email", f"{source_id}@example.com"),
        account_number=more.pop("account_number", None), address=Address(postal_code="10001"),
    )  # fmt: skip
    mapped = Mapped({"ARDivisionNo": "00", "CustomerName": name})
    columns = {"content": customer.model_dump_json(), "mapped": mapped.to_json(), "priority": 0, **more}
    return _ready(database, "customer", source_id, columns)


def an_order(database: Database, source_id: str = "10025", *, customer: Record | None = None, **more: Any) -> Record:
    """An order's record, ready to be written."""
    number = CUSTOMER_PLACEHOLDER if customer else "ACME"
    header = {"ARDivisionNo": "00", "CustomerNo": number, "CustomerPONo": f"PO {source_id}"}
    line = {"ItemCode": "WIDGET", "QuantityOrdered": Decimal(2), "UnitPrice": Decimal("10.00")}
    columns = {
        "mapped": Mapped(header, (line,)).to_json(),
        "amount": Decimal("20.00"),
        "currency": "USD",
        "order_number": source_id,
        "content_hash": "as placed",
        "customer_record_id": customer.id if customer else None,
        **more,
    }
    return _ready(database, "order", source_id, columns)


def _ready(database: Database, document: str, source_id: str, columns: dict[str, Any]) -> Record:
    with database.write() as connection:
        record = create(
            connection, now=NOW, by="test", why="built by a test", connection_name="clarity", site=SITE,
            document=document, source_id=source_id, lane=columns.pop("lane", LANE), version=1, wanted_version=1,
            **columns,
        )  # fmt: skip
        assert record is not None, f"{document} {source_id} exists already"
        return move(connection, record, Step(State.READY, "settled", "test"), NOW)


def the(database: Database, record: Record | int) -> Record:
    """The record as the ledger has it now."""
    with database.read() as connection:
        return fetch(connection, record if isinstance(record, int) else record.id)


__all__ = ["LANE", "NOW", "SITE", "a_customer", "an_arrival", "an_event", "an_order", "take", "the"]
