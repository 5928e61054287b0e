"""Orders and accounts from a site's JSON: tolerant of form, exact in value, and clear about what is wrong."""

import copy
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import Refused
from bridge.ports.storefront import ReadOrder
from bridge.storefront.clarity.profile import Profile
from bridge.storefront.clarity.profile_file import load_profile
from bridge.storefront.clarity.reader import read_customer, read_moment, read_order
from sandbox.orders import make_orders

V1, MINIMAL = load_profile("clarity-v1"), load_profile("clarity-minimal")
ROW = {"version": 3, "createdAt": "2026-11-20T22:00:00.000Z", "updatedAt": "2026-11-20T22:30:00.000Z"}


@pytest.fixture
def body() -> dict[str, Any]:
    return {**make_orders(4, 1)[0], **ROW}


def changed(body: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy with one value replaced, such as `lines.0.quantity`."""
    copied = copy.deepcopy(body)
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place: Any = copied
    for step in steps:
        place = place[step]
    place[last] = value
    return copied


def test_every_field_of_a_good_order_arrives(body: dict[str, Any]) -> None:
    order = read_order(body, V1).order
    assert order is not None
    assert (order.source_id, order.version, order.order_number) == (body["id"], 3, body["orderNumber"])
    assert order.updated_at == datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
    assert order.customer.account_number == body["customer"]["accountNumber"]
    assert order.ship_to.line1 == body["shipTo"]["line1"]
    assert [line.sku for line in order.lines] == [line["sku"] for line in body["lines"]]
    assert order.payments[0].amount == Decimal(body["payments"][0]["amount"]["amount"])
    assert order.shipping_method is not None
    assert order.shipping_method.carrier == "UPS"
    assert order.totals.balance_due == Decimal(body["totals"]["balanceDue"]["amount"])
    assert not order.is_cancelled


def test_unknown_fields_are_ignored_and_missing_ones_are_null(body: dict[str, Any]) -> None:
    with_more = {**body, "loyalty": {"points": 3}, "comments": None, "discounts": None}
    without = {name: value for name, value in body.items() if name not in {"comments", "discounts"}}
    assert read_order(with_more, V1).order == read_order(without, V1).order
    assert read_order(without, V1).order is not None


@pytest.mark.parametrize("site_id", ["main", "outlet"])
def test_an_order_without_a_site_takes_the_connection_s(body: dict[str, Any], site_id: str) -> None:
    del body["siteId"]
    order = read_order(body, V1, site_id=site_id).order
    assert order is not None
    assert order.site_id == site_id


@pytest.mark.parametrize(
    "raw", [{"amount": "129.9000", "currency": "USD"}, "129.90", Decimal("129.90"), {"amount": 129.9}]
)
def test_money_may_be_an_object_a_text_or_a_number(body: dict[str, Any], raw: object) -> None:
    text = json.dumps(changed(body, "lines.0.unitPrice", raw), default=float)
    order = read_order(json.loads(text, parse_float=Decimal), V1).order
    assert order is not None
    assert order.lines[0].unit_price == Decimal("129.9")


@given(st.decimals(min_value=-(10**11), max_value=10**11, places=4, allow_nan=False))
def test_a_number_is_exactly_its_token(amount: Decimal) -> None:
    text = json.dumps({**make_orders(4, 1)[0], **ROW, "exchangeRate": "@"}).replace('"@"', f"{amount:f}")
    order = read_order(json.loads(text, parse_float=Decimal), V1).order
    assert order is not None
    assert order.exchange_rate == amount


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("lines.0.quantity", "three", "lines[0].quantity"),
        ("lines.0.quantity", 1.5, "lines[0].quantity"),
        ("lines.0.quantity", True, "lines[0].quantity"),
        ("lines.0.quantity", "1_000", "lines[0].quantity"),
        ("lines.0.quantity", "1,5", "lines[0].quantity"),
        ("lines.0.quantity", None, "lines[0].quantity"),
        ("lines.0.quantity", "0.1234567", "lines[0].quantity"),
        ("lines.0.unitPrice", {"currency": "USD"}, "lines[0].unitPrice"),
        ("lines.0.unitPrice", {"amount": "1.00", "currency": "EUR"}, "lines[0].unitPrice"),
        ("totals.tax", {"amount": "0.00", "currency": "CAD"}, "totals.tax"),
        ("payments.0.amount", Decimal("1E+400"), "payments[0].amount"),
        ("lines", {"0": {}}, "lines"),
        ("lines.0", "a line", "lines[0]"),
        ("customer", [], "customer"),
        ("placedAt", "yesterday", "placedAt"),
        ("placedAt", 1760000000, "placedAt"),
        ("version", "new", "version"),
        ("currency", None, "lines[0].unitListPrice"),
        ("status", {"code": 1}, "status"),
        ("lines.0.isTaxable", "perhaps", "lines[0].isTaxable"),
        ("id", None, "id"),
    ],
)
def test_what_cannot_be_understood_is_named(body: dict[str, Any], path: str, value: object, field: str) -> None:
    read = read_order(changed(body, path, value), V1)
    assert (read.order, read.field) == (None, field)
    assert read.problem is not None
    assert read.problem.startswith(field)
    if path != "version":
        assert (read.version, read.source_id) == (3, "" if path == "id" else body["id"])


@pytest.mark.parametrize("body", [None, [], "order", 7])
def test_a_body_that_is_no_object_is_a_problem_too(body: object) -> None:
    assert read_order(body, V1) == ReadOrder("", 0, None, None, problem=read_order(body, V1).problem)
    assert read_order(body, V1).problem


NAMES = st.sampled_from(["id", "lines", "totals", "currency", "customer", "placedAt", "amount", "deletedAt"])
LEAVES = st.none() | st.booleans() | st.integers() | st.text() | st.decimals()
ANY_JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner))


@given(ANY_JSON)
def test_no_body_whatever_raises(body: object) -> None:
    read = read_order(body, V1)
    assert read.order is None
    assert read.problem


@pytest.mark.parametrize(
    ("text", "profile", "moment"),
    [
        ("2025-03-01T12:00:00Z", V1, datetime(2025, 3, 1, 12, tzinfo=UTC)),
        ("2025-03-01T12:00:00.1+05:30", V1, datetime(2025, 3, 1, 6, 30, 0, 100_000, tzinfo=UTC)),
        ("2025-03-01T12:00:00.1234567Z", V1, datetime(2025, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)),
        ("2025-03-01T12:00:00", MINIMAL, datetime(2025, 3, 1, 18, tzinfo=UTC)),
        ("2025-07-01T12:00:00.5", MINIMAL, datetime(2025, 7, 1, 17, 0, 0, 500_000, tzinfo=UTC)),
        ("2025-03-01T12:00:00-08:00", MINIMAL, datetime(2025, 3, 1, 20, tzinfo=UTC)),
        ("2025-03-01", MINIMAL, datetime(2025, 3, 1, tzinfo=UTC)),
    ],
)
def test_any_offset_and_fraction_is_understood(text: str, profile: Profile, moment: datetime) -> None:
    assert read_moment(text, profile) == moment


@pytest.mark.parametrize("text", ["", "2025-13-01", "12:00", "0001-01-01T00:00:00+14:00", None, 5])
def test_what_is_no_time_is_refused(text: object) -> None:
    with pytest.raises(ValueError):
        read_moment(text, V1)


def test_a_tombstone_is_an_order_and_gone(body: dict[str, Any]) -> None:
    read = read_order({**body, "deletedAt": "2026-11-21T00:00:00Z"}, V1)
    assert read.is_gone
    assert read.order is not None
    assert read.order.is_cancelled


def test_an_older_site_spells_in_its_own_way() -> None:
    price = Decimal("2.5000")
    line = {"Id": "l1", "LineNumber": 1, "Sku": "A", "Quantity": "2", "UnitPrice": price, "Extended": Decimal("5")}
    body = {
        "ID": 77, "OrderNumber": "100001", "Version": 1, "Status": "Processing", "Currency": "USD",
        "PlacedAt": "2026-11-20T16:00:00", "UpdatedAt": "2026-11-20T16:00:00.123",
        "Customer": {"Id": 5, "Name": "Acme"}, "Lines": [line],
        "Totals": {"Items": "5.00", "Total": "5.00"}, "Success": True,
    }  # fmt: skip
    order = read_order(body, MINIMAL).order
    assert order is not None
    assert (order.source_id, order.customer.id, order.lines[0].unit_price) == ("77", "5", price)
    assert order.placed_at == datetime(2026, 11, 20, 22, tzinfo=UTC)
    wrong = read_order({**body, "Lines": [line, {**line, "Quantity": "two"}]}, MINIMAL)
    assert (wrong.source_id, wrong.field) == ("77", "Lines[1].Quantity")


def test_the_site_s_words_become_ours_and_strange_ones_stay(body: dict[str, Any]) -> None:
    profile = V1.model_copy(update={"enums": {"order.paymentStatus": {"PaidInFull": "paid"}}})
    for word, ours in (("PaidInFull", "paid"), ("Bartered", "Bartered")):
        order = read_order({**body, "paymentStatus": word}, profile).order
        assert order is not None
        assert order.payment_status == ours
    assert profile.site_word("order.paymentStatus", "paid") == "PaidInFull"


def test_a_customer_nobody_understands_is_refused_with_its_field() -> None:
    with pytest.raises(Refused) as refusal:
        read_customer({"id": "c1", "addresses": ["Main Street 1"]}, V1)
    assert refusal.value.field == "addresses[0]"
