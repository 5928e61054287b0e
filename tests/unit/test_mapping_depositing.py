"""What a storefront has taken of an order since it was written: the whole deposit, or why it cannot be said."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bridge.documents import Order, Payment
from bridge.erp.sage100.dictionary import SageDictionary
from bridge.ledger.deposits import Deposit
from bridge.writing.mapped import Mapped
from mappings import MappingSet
from mappings.depositing import deposit
from tests.unit.mapping_samples import LANE, order

MAPPING = MappingSet.load(LANE, SageDictionary.load("2018"))


def card(captured: str = "0", **facts: Any) -> Payment:
    """A payment of 20.00 by card, captured as far as told."""
    state = "captured" if Decimal(captured) else "authorized"
    whole = {"kind": "card", "gateway": "Stripe", "state": state, "transaction_id": "pi_1", "amount": 20, **facts}
    return Payment(captured_amount=captured, **whole)


def paid(*payments: Payment, **facts: Any) -> Order:
    """An order of 20.00 that is paid so."""
    return order(payments=payments, **facts)


def header(taken: Deposit) -> dict[str, object]:
    """The columns that it becomes."""
    return dict(Mapped.from_json(taken.mapped or "").header)


def test_what_was_captured_since_is_the_whole_deposit() -> None:
    taken = deposit(MAPPING, paid(card("5", state="partiallyCaptured")), paid(card("20")))
    assert (taken.name, taken.as_written, taken.amount) == ("20.00", "5.00", 20)
    assert list(header(taken).items()) == [
        ("PaymentType", "STRIP"), ("PaymentTypeCategory", "D"), ("DepositAmt", 20), ("OtherPaymentTypeRefNo", "pi_1"),
    ]  # fmt: skip


def test_nothing_new_has_the_name_of_what_was_written() -> None:
    for payments in ((card(),), (card("20"),), ()):
        taken = deposit(MAPPING, paid(*payments), paid(*payments))
        assert taken.name == taken.as_written


def test_all_given_back_is_a_deposit_of_nothing() -> None:
    taken = deposit(MAPPING, paid(card("20")), paid(card("20", refunded_amount=20, state="refunded")))
    assert (taken.name, taken.as_written, header(taken)) == ("0.00", "20.00", {"DepositAmt": 0})


def test_a_status_of_later_does_not_stand_in_the_way() -> None:
    shipped = paid(card("20"), status="Shipped")
    assert deposit(MAPPING, paid(card()), shipped).name == "20.00"


def test_more_than_the_order_came_to_when_it_was_written_is_a_persons() -> None:
    edited = paid(card("25"), totals={"shipping": "5.00"})
    taken = deposit(MAPPING, paid(card()), edited)
    assert (taken.mapped, taken.amount, taken.as_written) == (None, None, "0.00")
    assert taken.reason
    assert (taken.reason.field, taken.reason.value) == ("payments", "25")


def test_money_that_cannot_be_mapped_is_told_once_for_the_same_payments() -> None:
    cow = card("20", gateway="Cow", kind="barter")
    taken = deposit(MAPPING, paid(card()), paid(cow))
    assert taken.reason
    assert taken.name == deposit(MAPPING, paid(card()), paid(cow, version=3)).name
    assert taken.name != deposit(MAPPING, paid(card()), paid(cow, cow)).name
    assert len(taken.name) <= 64, "it stands where a content hash does"
    same = deposit(MAPPING, paid(cow), paid(cow))
    assert same.name == same.as_written


def test_an_order_that_does_not_map_any_more_hides_no_money() -> None:
    unknown: dict[str, Any] = {"shipping_method": {"code": "DRONE"}}
    taken = deposit(MAPPING, paid(card(), **unknown), paid(card("20"), **unknown))
    assert taken.name != taken.as_written
    assert taken.reason
    assert taken.reason.field == "shipping_method.code"


@pytest.mark.parametrize("captured", ["0", "20"])
def test_a_site_that_sets_no_deposit_has_none(tmp_path: Path, captured: str) -> None:
    overlay = tmp_path / "site.yaml"
    overlay.write_text("document: order\ndrop:\n  header: [DepositAmt]\n", encoding="utf-8")
    without = MappingSet.load(LANE, SageDictionary.load("2018"), [overlay])
    assert deposit(without, paid(card()), paid(card(captured))).name == "0.00"
