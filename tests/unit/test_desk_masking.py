"""Masking: who may only look reads no personal data, and nobody reads a secret."""

import json
from typing import Any

import pytest

from desk.masking import MASK, masked, masked_body, masked_way
from desk.settings import Role
from sandbox.orders import make_orders

PEOPLE = ("customer", "billTo", "shipTo")


def texts(value: Any) -> list[str]:
    """Every text in a document."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("order", make_orders(11, 40), ids=lambda order: order["id"])
def test_who_may_only_look_finds_nobody_in_an_order(order: dict[str, Any]) -> None:
    shown = "\n".join(texts(masked(order, Role.VIEW)))
    for person in PEOPLE:
        for field in ("name", "company", "email", "phone", "line1", "line2"):
            said = order[person].get(field)
            assert not said or said not in shown, (person, field, said)
    mender = masked(order, Role.OPERATE)
    assert {person: mender[person] for person in PEOPLE} == {person: order[person] for person in PEOPLE}


def test_what_is_no_person_stays_readable() -> None:
    [order] = make_orders(7, 1)
    shown = masked(order, Role.VIEW)
    assert shown["lines"] == order["lines"]
    assert (shown["orderNumber"], shown["totals"]) == (order["orderNumber"], order["totals"])
    assert shown["shipTo"]["city"] == order["shipTo"]["city"]


@pytest.mark.parametrize(
    "fields",
    [
        {"ShipToName": "Ann", "ShipToAddress1": "1 Road", "BillToName": "Bob", "EmailAddress": "a@b.example"},
        {"CustomerName": "Ann", "AddressLine1": "1 Road", "TelephoneNo": "555"},
        {"bill_to": {"name": "Ann", "line1": "1 Road", "phone": "555"}, "ship_to": {"company": "Acme"}},
        {"deliveryAddress": {"name": "Ann", "street": "1 Road"}, "contact": "Ann"},
    ],
)
def test_the_fields_of_every_side_are_known(fields: dict[str, Any]) -> None:
    assert set(texts(masked(fields, Role.VIEW))) == {MASK}


@pytest.mark.parametrize("role", list(Role))
def test_nobody_reads_a_secret_or_a_card(role: Role) -> None:
    secret = {"clientSecret": "x", "access_token": "y", "Signature": "z", "authCode": "9", "card_number": "4111"}
    assert set(texts(masked(secret, role))) == {MASK}
    assert masked({"note": "paid with 4111 1111 1111 1111, thanks"}, role) == {"note": f"paid with {MASK}, thanks"}
    assert masked({"note": "4111 1111 1111 1112", "order_number": "4111111111111111"}, role) == {
        "note": "4111 1111 1111 1112",
        "order_number": "4111111111111111",
    }


def test_an_address_inside_a_text_is_taken_out_of_it() -> None:
    assert masked({"why": "guest:ann@shop.example is new"}, Role.VIEW) == {"why": f"guest:{MASK} is new"}


def test_a_body_that_is_no_json_is_not_shown_to_who_may_only_look() -> None:
    assert masked_body(b"Ann, 1 Road", Role.VIEW) == f"{MASK} (11 bytes that are no JSON)"
    assert masked_body(b"Ann, 1 Road", Role.OPERATE) == "Ann, 1 Road"
    assert json.loads(masked_body(b'{"email": "a@b.example", "n": 1}', Role.VIEW)) == {"email": MASK, "n": 1}
    assert masked_body(b"[" * 100_000, Role.VIEW).startswith(MASK)


@pytest.mark.parametrize("field", ["ship_to.name", "shipTo.line1", "ShipToName", "customer.email"])
def test_the_value_at_fault_is_masked_like_its_field_wherever_it_is_told(field: str) -> None:
    record = {"reason_field": field, "reason_value": "Ann Example", "reason_text": "Ann Example is too long"}
    way = {"record": record, "moves": [{"why": "rejected: Ann Example is too long"}]}
    assert "Ann" not in str(masked_way(way, Role.VIEW))
    assert masked_way(way, Role.OPERATE) == way


def test_a_wrong_sku_stays_readable() -> None:
    record = {"reason_field": "lines[0].sku", "reason_value": "X1", "reason_text": "item X1 is not on file"}
    assert masked_way({"record": record}, Role.VIEW) == {"record": record}
