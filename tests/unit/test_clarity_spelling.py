"""Our documents in a site's spelling and back again, by the same profile, and what a batch's answer says."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.documents import Invoice, InvoiceLine, PriceBreak, PriceFigure, StockFigure
from bridge.documents.base import Document
from bridge.outcomes import Outcome
from bridge.ports.showing import Publication, key_of
from bridge.storefront.clarity.client import ClarityClient
from bridge.storefront.clarity.credentials import credentials_for
from bridge.storefront.clarity.profile import Profile
from bridge.storefront.clarity.profile_file import load_profile
from bridge.storefront.clarity.rate_limit import LocalBudget
from bridge.storefront.clarity.reader import read_document
from bridge.storefront.clarity.settings import ClaritySettings
from bridge.storefront.clarity.showing_batches import Batches
from bridge.storefront.clarity.spelling import spell
from bridge.storefront.clarity.tokens import LocalTokens
from bridge.storefront.clarity.transport import Transport
from bridge.storefront.clarity.value_at import value_at

V1, MINIMAL = load_profile("clarity-v1"), load_profile("clarity-minimal")
AT = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)
FIGURE = StockFigure(sku="A", location_code="000", available=Decimal("2.50"), as_of=AT)
PRICE = PriceFigure(
    sku="A",
    currency="USD",
    list_price=Decimal("9.9"),
    breaks=(PriceBreak(min_quantity=Decimal(10), unit_price=Decimal("8.12345")),),
)


def test_money_has_its_currency_s_decimals_and_quantities_none() -> None:
    assert spell(PRICE, V1) == {
        "sku": "A",
        "currency": "USD",
        "list": {"amount": "9.90", "currency": "USD"},
        "breaks": [{"minQuantity": "10", "unitPrice": {"amount": "8.12345", "currency": "USD"}}],
        "priceListCode": None,
        "customerId": None,
    }


@pytest.mark.parametrize(
    ("currency", "amount", "text"),
    [("JPY", "1500.00", "1500"), ("KWD", "1.5", "1.500"), ("USD", "1E+2", "100.00"), ("USD", "0", "0.00")],
)
def test_an_amount_is_never_rounded_and_never_in_powers_of_ten(currency: str, amount: str, text: str) -> None:
    figure = PriceFigure(sku="A", currency=currency, list_price=Decimal(amount))
    assert spell(figure, V1)["list"]["amount"] == text


def test_times_are_utc_in_milliseconds() -> None:
    assert spell(FIGURE, MINIMAL, fields=["as_of", "available"]) == {
        "AsOf": "2026-03-01T12:00:00.123Z",
        "Available": "2.50",
    }


@pytest.mark.parametrize("profile", [V1, MINIMAL], ids=["v1", "minimal"])
def test_what_was_spelled_is_read_back_the_same(profile: Profile) -> None:
    line = InvoiceLine(sku="A", quantity=Decimal(2), unit_price=Decimal("1.005"), extended=Decimal("2.01"))
    invoice = Invoice(
        order_id="7", external_ref="sage100:ABC/1", invoice_number="1", kind="creditMemo",
        issued_at=AT.replace(microsecond=0), currency="USD", lines=(line,), items=Decimal("2.01"),
        discounts=Decimal(-1), total=Decimal("1.01"), balance_due=Decimal(0), state="paid",
    )  # fmt: skip
    assert read_document(Invoice, spell(invoice, profile), profile, external_ref="sage100:ABC/1") == invoice
    assert read_document(PriceFigure, spell(PRICE, profile), profile) == PRICE


def test_a_price_belongs_to_a_list_or_an_account_and_stock_is_never_negative() -> None:
    with pytest.raises(ValidationError, match="not to both"):
        PriceFigure(sku="A", currency="USD", list_price=Decimal(1), price_list_code="G", customer_id="1")
    with pytest.raises(ValidationError, match="available"):
        StockFigure(sku="A", location_code="0", available=Decimal("-0.01"), as_of=AT)


@pytest.mark.parametrize(
    ("field", "value"),
    [("Lines[0].quantity", "2"), ("lines[0].Quantity", "2"), ("lines[1].quantity", None), (None, None)],
)
def test_a_refused_value_is_found_however_the_site_spells_its_field(field: str | None, value: str | None) -> None:
    assert value_at({"Lines": [{"Quantity": "2"}]}, field) == value


def result(status: str, **error: Any) -> dict[str, Any]:
    return {"index": 0, "status": status, "id": "inv_1", "error": error or None}


@pytest.mark.parametrize(
    ("body", "outcome", "field"),
    [
        ({"results": [result("ok")]}, Outcome.CONFIRMED, None),
        ({"results": [result("error", code="stale_write", detail="newer")]}, Outcome.CONFIRMED, None),
        ({"results": [result("error", code="locked", detail="edited")]}, Outcome.UNAVAILABLE, None),
        ({"results": [result("error", code="rate_limited", detail="wait")]}, Outcome.THROTTLED, None),
        ({"results": [result("error", code="x", errors=[{"field": "sku"}])]}, Outcome.REJECTED, "sku"),
        ({"results": [{**result("ok"), "index": 1}]}, Outcome.UNCERTAIN, None),
        ({"results": [result("deferred")]}, Outcome.UNCERTAIN, None),
        ({}, Outcome.UNCERTAIN, None),
        (None, Outcome.UNCERTAIN, None),
    ],
)
def test_a_row_of_a_batch_is_what_the_answer_says_of_it(body: Any, outcome: Outcome, field: str | None) -> None:
    [line] = batches().lines([publication(FIGURE)], [spell(FIGURE, V1)], body)
    assert (line.outcome, line.field) == (outcome, field)
    assert line.value == ("A" if field else None)


def publication(document: Document) -> Publication:
    return Publication(1, key_of(document), 1, document, "key")


def batches() -> Batches:
    settings = ClaritySettings.model_validate(
        {"base_url": "http://127.0.0.1:1", "client_id": "a", "client_secret": "b"}
    )
    transport = Transport(settings)
    credentials = credentials_for(settings, V1, transport, LocalTokens())
    budget = LocalBudget(rps=1, burst=1)
    return Batches(ClarityClient(settings, V1, transport=transport, credentials=credentials, budget=budget), V1, "c")
