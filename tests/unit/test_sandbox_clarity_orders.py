"""The order generator: repeatable, exact in every sum, readable by the adapter, and bad where it says so."""

import json
from decimal import Decimal
from typing import Any

import pytest

from bridge.states import State
from bridge.storefront.clarity.profile_file import load_profile
from bridge.storefront.clarity.reader import read_customer, read_order
from sandbox.bad_orders import BadKind, make_bad_orders
from sandbox.clarity.money import wrong_sums
from sandbox.orders import make_catalogue, make_customers, make_items, make_orders


def exact(body: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(body), parse_float=Decimal)


def test_the_same_seed_gives_the_same_orders_and_another_seed_others() -> None:
    assert make_orders(7, 5) == make_orders(7, 5)
    assert make_orders(7, 5) != make_orders(8, 5)


@pytest.mark.parametrize(("currency", "rate"), [("USD", "0"), ("USD", "0.0825"), ("JPY", "0.1"), ("KWD", "0.05")])
def test_every_sum_adds_up_in_the_currency_s_own_units(currency: str, rate: str) -> None:
    for order in make_orders(3, 50, currency=currency, tax_rate=Decimal(rate)):
        assert wrong_sums(order) == []
        assert 1 <= len(order["lines"]) <= 5


def test_orders_are_numbered_and_name_known_goods_and_buyers() -> None:
    orders = make_orders(3, 30, first_number=500)
    skus = {item["sku"] for item in make_items(3)} & {product["sku"] for product in make_catalogue(3)}
    buyers = {customer["id"] for customer in make_customers(3)}
    assert [order["orderNumber"] for order in orders] == [str(number) for number in range(500, 530)]
    assert {line["sku"] for order in orders for line in order["lines"]} <= skus
    assert {order["customer"]["id"] for order in orders} <= buyers


def test_some_names_are_long_and_some_have_accents() -> None:
    names = [customer["name"] for customer in make_customers(1, 40)]
    assert max(map(len, names)) > 50
    assert not all(name.isascii() for name in names)


def test_the_adapter_reads_good_orders_and_accounts() -> None:
    profile = load_profile("clarity-v1")
    for body in make_orders(5, 20):
        read = read_order(exact({**body, "version": 1, "updatedAt": body["placedAt"]}), profile)
        assert read.problem is None
        assert read.order is not None
        assert read.order.totals.total == Decimal(body["totals"]["total"]["amount"])
    for body in make_customers(5):
        assert read_customer(exact(body), profile).account_number == body["accountNumber"]


def test_each_bad_kind_is_bad_in_its_own_way() -> None:
    orders, expected = make_bad_orders(5)
    assert [expected[order["id"]].kind for order in orders] == list(BadKind)
    by_kind = {expected[order["id"]].kind: order for order in orders}
    assert by_kind[BadKind.UNKNOWN_ITEM]["lines"][0]["sku"] not in {item["sku"] for item in make_items(5)}
    assert len(by_kind[BadKind.FIELD_TOO_LONG]["purchaseOrderNumber"]) == 60
    accounts = {customer["accountNumber"] for customer in make_customers(5)}
    assert by_kind[BadKind.UNKNOWN_CUSTOMER]["customer"]["accountNumber"] not in accounts
    wrong = {error.field for error in wrong_sums(by_kind[BadKind.WRONG_TOTALS])}
    assert wrong == {"totals.total", "totals.balanceDue"}
    assert by_kind[BadKind.UNKNOWN_CURRENCY]["totals"]["total"]["currency"] == "XAU"
    assert isinstance(by_kind[BadKind.GARBAGE]["lines"], str)
    assert {end.state for end in expected.values()} == {State.REVIEW, State.HELD, State.DEAD}
