"""Which field a reason speaks of, and what is suggested for it, from what the ledger knows."""

from typing import Any

import pytest

from bridge.documents import Address, Order
from bridge.erp.sage100.dictionary import SageDictionary
from bridge.ledger.moves import revise
from bridge.ledger.rows import Reason, Record
from bridge.ledger.store import Database
from bridge.rules import LaneRules
from bridge.states import State
from bridge.writing.mapped import Mapped
from mappings import MappingSet
from mappings.mending import Remedy, at_fault, suggest
from mappings.settling import Settling
from tests.builders import NOW, a_customer, an_order, the
from tests.ledger_walks import change, walk
from tests.unit.mapping_samples import ADDRESS, LANE, line, order

LONG = "The Greater Northwestern Consolidated Irrigation"


def resting(database: Database, told: Order, reason: Reason, **columns: Any) -> Record:
    """An order that waits for a person for this reason."""
    record = walk(database, an_order(database, told.source_id), State.REVIEW, reason)
    with database.write() as connection:
        revise(connection, record, {"content": told.model_dump_json(), **columns}, NOW)
    return the(database, record)


def remedy(database: Database, record: Record) -> Remedy:
    settling = Settling(MappingSet.load(LANE, SageDictionary.load("2018")), LaneRules())
    with database.read() as connection:
        return suggest(settling, connection, record)


def test_sages_item_leads_to_the_line_that_was_sent_as_it(sqlite_database: Database) -> None:
    told = order(line(id="a", sku="BOLT"), line(id="b", sku="web-nut"))
    sent = Mapped({}, ({"ItemCode": "BOLT"}, {"ItemCode": "NUT-M8"})).to_json()
    reason = Reason("rejected", "no such item", field="ItemCode", value="NUT-M8")
    record = resting(sqlite_database, told, reason, mapped=sent)
    assert at_fault(told, record) == "lines[1].sku"
    assert at_fault(told, change(sqlite_database, record, mapped=None, reason_value="WEB-NUT")) == "lines[1].sku"
    assert at_fault(told, change(sqlite_database, record, reason_value="OTHER")) is None


@pytest.mark.parametrize(
    ("field", "code", "path"),
    [
        ("ship_to.line1", "too_long", "ship_to.line1"),
        ("lines[0].uom", "unmapped", "lines[0].uom"),
        ("CustomerPONo", "rejected", "purchase_order_number"),
        ("customer", "customer missing", "customer.account_number"),
        ("name", "customer missing", "customer.account_number"),
        ("totals.tax", "rejected", None),
        (None, "fault of ours", None),
    ],
)
def test_a_reason_leads_to_the_field(sqlite_database: Database, field: str | None, code: str, path: str | None) -> None:
    record = resting(sqlite_database, order(), Reason(code, "wrong", field=field, value="x"))
    assert at_fault(order(), record) == path


def test_the_likely_customer_is_one_whom_the_ledger_knows_in_the_erp(sqlite_database: Database) -> None:
    told = order(bill_to=ADDRESS.model_copy(update={"email": None}))
    record = resting(sqlite_database, told, Reason("customer missing", "two fit", field="customer", value="c1"))
    found = remedy(sqlite_database, record)
    assert (found.path, found.suggestions) == ("customer.account_number", ())
    assert found.why_none
    assert "no customer in the ledger has the buyer's e-mail" in found.why_none
    for source_id, number, email in (("c7", "ACME", "Ann@acme.example"), ("c8", None, "ann@acme.example")):
        known = a_customer(sqlite_database, source_id, email=email)
        change(sqlite_database, known, number=number, state="CONFIRMED" if number else "READY")
    [suggestion] = remedy(sqlite_database, record).suggestions
    assert (suggestion.value, suggestion.why) == ("ACME", "has the buyer's e-mail address")


def test_a_text_is_shortened_to_what_the_mapping_takes(sqlite_database: Database) -> None:
    told = order(
        ship_to=Address(name="Ann", line1=" ".join([LONG] * 3), city="Austin", region_code="TX", country_code="US")
    )
    record = resting(sqlite_database, told, Reason("too_long", "too long", field="ship_to.line1", value=LONG))
    found = remedy(sqlite_database, record)
    [suggestion] = found.suggestions
    assert found.value is not None
    assert found.value.startswith(suggestion.value)
    assert 30 < len(suggestion.value) <= 90, "three lines of Sage's address"
    again = change(sqlite_database, record, content=order().model_dump_json())
    assert remedy(sqlite_database, again).why_none == "ship_to.line1 maps as it stands, so nothing is to be shortened"


def test_a_number_of_the_buyers_own_is_never_cut(sqlite_database: Database) -> None:
    told = order(purchase_order_number="PO " + "7" * 40)
    reason = Reason("too_long", "too long", field="purchase_order_number", value="PO")
    found = remedy(sqlite_database, resting(sqlite_database, told, reason))
    assert found.suggestions == ()
    assert found.why_none == "purchase_order_number means something else once it is changed: ask the buyer"


def test_no_field_of_the_order_is_said_in_words(sqlite_database: Database) -> None:
    found = remedy(sqlite_database, resting(sqlite_database, order(), Reason("fault of ours", "Traceback")))
    assert found.why_none == "the reason names no field of the order that can be amended"
