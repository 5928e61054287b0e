"""One customer from all sides: what he ordered, owes and paid, on what terms, and what is not settled."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bridge.documents import CustomerTerms, Invoice, Receipt
from bridge.ledger.dossiers import dossier
from bridge.ledger.moves import create
from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.shown import Shown, showing_lane
from bridge.states import State
from tests.builders import NOW, SITE, a_customer, an_order
from tests.desk_rig import DeskRig, a_desk_rig
from tests.ledger_walks import change, walk

OWED = "Owed: 25.00 USD"


@pytest.fixture
def desk(sqlite_database: Database) -> Iterator[DeskRig]:
    with a_desk_rig(sqlite_database) as made:
        made.log_in("olaf")
        yield made


def shown(database: Database, owner: Record, document: Shown, key: str, content: str, **columns: Any) -> Record:
    """What was read from the ERP for somebody, and is shown at his storefront."""
    facts = {"state": "CONFIRMED", "as_of": NOW, **columns}
    with database.write() as connection:
        record = create(
            connection, now=NOW, by="test", why="seen in the ERP", connection_name="clarity", site=SITE,
            document=document.value, source_id=key, lane=showing_lane("clarity", document), parent_id=owner.id,
            content=content, **facts,
        )  # fmt: skip
    assert record is not None
    return record


def an_invoice(number: str, balance: str, state: str) -> str:
    return Invoice(
        external_ref=f"sage100:ABC/{number}", invoice_number=number, kind="invoice", issued_at=NOW,
        due_at=NOW + timedelta(days=30), currency="USD", items=Decimal(25), total=Decimal(25),
        balance_due=Decimal(balance), state=state,
    ).model_dump_json()  # fmt: skip


@pytest.fixture
def customer(desk: DeskRig) -> Record:
    """A customer with an order in Sage, one that waits, an invoice that is owed, one that is paid, and a payment."""
    database = desk.database
    made = change(database, a_customer(database, "c1"), state="CONFIRMED", number="ACME")
    order = change(
        database, an_order(database, "10025", customer=made), state="CONFIRMED", number="0000123",
        erp_total=Decimal("21.00"), flags="totals differ by 1",
    )  # fmt: skip
    walk(database, an_order(database, "10026", customer=made), State.REVIEW)
    shown(database, order, Shown.INVOICE, "i1", an_invoice("0000007", "25.00", "open"))
    shown(database, made, Shown.INVOICE, "i2", an_invoice("0000008", "0", "paid"))
    receipt = Receipt(
        external_ref="r1", amount=Decimal("12.50"), currency="USD", kind="check", received_at=NOW,
        invoice_number="0000008",
    )  # fmt: skip
    shown(database, order, Shown.RECEIPT, "r1", receipt.model_dump_json(), state="READY")
    terms = CustomerTerms(
        customer_id="c1", account_number="ACME", is_on_hold=True, credit_limit=Decimal(5000), terms="Net 30",
        tax_exempt=False,
    )  # fmt: skip
    shown(database, made, Shown.TERMS, "c1", terms.model_dump_json())
    return made


def test_a_customer_is_found_and_shown_from_all_sides(desk: DeskRig, customer: Record) -> None:
    assert "ACME Acme sage100:ABC CONFIRMED" in desk.get("/customers?q=acme")
    page = desk.get(f"/customers/{customer.id}")
    for said in (
        "ACME in sage100:ABC", "on hold in Sage", "5,000.00 USD", "Net 30", OWED, "0000007", "12.50 USD by check",
        "order 10025 : 20 USD at the storefront, 21 in Sage", "10026 REVIEW", "1 of these are held",
        ": Sage's newer value is not shown at the storefront yet",
    ):  # fmt: skip
        assert said in page, (said, page)
    assert "0000008 " not in page.partition("Open invoices")[2].partition("Payments")[0], "it is paid"


def test_who_only_looks_does_not_see_the_person(desk: DeskRig, customer: Record) -> None:
    vera = desk.another_browser()
    vera.log_in("vera")
    for place in ("/customers", f"/customers/{customer.id}"):
        page = vera.get(place)
        assert "hidden from your role" in page
        assert "Acme " not in page
        assert "c1@example.com" not in page


def test_orders_come_a_page_at_a_time_and_only_his(desk: DeskRig, customer: Record) -> None:
    other = a_customer(desk.database, "c2")
    an_order(desk.database, "7", customer=other)
    first = dossier(desk.database, customer.id, page=1)
    assert ([each.order_number for each in first.orders], first.older) == (["10026"], first.orders[0].id)
    second = dossier(desk.database, customer.id, before=first.older, page=1)
    assert ([each.order_number for each in second.orders], second.older) == (["10025"], None)
    assert dossier(desk.database, other.id).invoices == ()


def test_nobody_and_what_is_no_customer_are_told(desk: DeskRig, customer: Record) -> None:
    assert "Nobody answers to NOONE" in desk.get("/customers?q=NOONE")
    desk.get("/customers/4711", status=404)
    order = an_order(desk.database, "8")
    assert "is no customer's, but order 8" in desk.get(f"/customers/{order.id}", status=400)
    lonely = a_customer(desk.database, "c3")
    assert "Sage's terms of this customer were not read yet" in desk.get(f"/customers/{lonely.id}")
