"""What only a site that answers by HTTP can do to a showing: other people's edits, half answers, fields not ours."""

from collections.abc import Callable
from typing import Any

import pytest

from bridge.documents.base import Document
from bridge.outcomes import Outcome
from bridge.ports.showing import UNCHANGED, key_of
from bridge.storefront.clarity.profile_file import load_profile
from bridge.storefront.clarity.showing import Showing
from tests.contract.storefront_contract import Shop
from tests.contract.storefront_showables import (
    FIRST,
    changed,
    invoice,
    item,
    new_order,
    new_sku,
    price,
    publish,
    shipment,
    status,
    stock,
    terms,
)
from tests.contract.storefront_showing_contract import outcome_of, read_back
from tests.contract.storefront_sites import Opener, SandboxShop, watched


def edit(shop: SandboxShop, kind: str, key: str, **changes: Any) -> None:
    """A shopkeeper's own change of a product or an account."""
    shop.process.control("POST", f"/{kind}/{key}/edit", {"changes": changes, "webhook": "never"})


def row(shop: SandboxShop, kind: str, **wanted: Any) -> dict[str, Any]:
    rows = shop.process.control("GET", "/shown")[kind]
    [found] = [each for each in rows if all(each.get(name) == value for name, value in wanted.items())]
    return dict(found)


@pytest.mark.parametrize(("edits", "outcome"), [(3, Outcome.CONFIRMED), (4, Outcome.UNAVAILABLE)])
@pytest.mark.parametrize("kind", ["products", "customers"])
def test_a_shopkeeper_s_edit_meanwhile_is_kept_and_ours_made_again(
    shop: SandboxShop, kind: str, edits: int, outcome: Outcome
) -> None:
    document: Document = item(shop) if kind == "products" else terms(shop)
    left = list(range(edits))

    def edit_first(method: str, _path: str) -> None:
        if method == "PATCH" and left:
            edit(shop, kind, key_of(document), name=f"Edited {left.pop()}")

    with watched(shop.process, edit_first) as (client, _):
        [line] = Showing(client, load_profile("clarity-v1"), "clarity").show([publish(document)])
    assert line.outcome is outcome
    assert (read_back(shop, document) == document) is (outcome is Outcome.CONFIRMED)


def test_only_the_erp_s_fields_that_differ_are_written(shop: SandboxShop) -> None:
    facts = item(shop)
    edit(shop, "products", facts.sku, name="The Good Valve", description="By hand", aliases=["V1"])
    shop.storefront.show([publish(facts)])
    product = row(shop, "products", sku=facts.sku)
    assert (product["name"], product["description"], product["aliases"]) == ("The Good Valve", "By hand", ["V1"])
    assert (product["uom"], product["weight"], product["version"]) == ("CASE", "2.25", 3)


def test_an_account_keeps_what_the_erp_does_not_own(shop: SandboxShop) -> None:
    document = terms(shop)
    before = shop.process.control("GET", "/account")["customers"]
    shop.storefront.show([publish(document)])
    after = shop.process.control("GET", "/account")["customers"]
    [old], [new] = ([each for each in rows if each["id"] == document.customer_id] for rows in (before, after))
    kept = ("name", "contacts", "addresses", "status", "currency")
    assert {name: new[name] for name in kept} == {name: old[name] for name in kept}
    assert new["creditLimit"] == {"amount": "5000.00", "currency": "USD"}


def test_a_sale_price_is_the_shopkeeper_s(shop: SandboxShop) -> None:
    figure = price(shop)
    shop.storefront.show([publish(figure)])
    sale = {"amount": "5.00", "currency": "USD"}
    site_price = {"currency": "USD", "list": {"amount": "9.95", "currency": "USD"}, "sale": sale}
    path = f"/api/v1/prices/{figure.sku}"
    shop.process.put(path, site_price)
    shop.storefront.show([publish(changed(figure, list_price="11"), version=2)])
    assert row(shop, "prices", sku=figure.sku)["sale"] == sale


def test_an_answer_that_breaks_off_is_in_doubt_and_the_repeat_is_no_second_one(shop: SandboxShop) -> None:
    document = shipment(new_order(shop))
    shop.process.fault("truncated", count=1, method="POST")
    assert outcome_of(shop, publish(document)) is Outcome.UNCERTAIN
    assert outcome_of(shop, publish(document)) is Outcome.CONFIRMED
    assert (shop.count("shipments", document.external_ref), shop.order(document.order_id)["mails"]) == (1, 1)


@pytest.mark.parametrize("name", ["stock", "invoice"])
def test_a_passing_fault_is_tried_again_inside_the_call(shop: SandboxShop, name: str) -> None:
    document = FIRST[name](shop)
    shop.process.fault("server_error", count=2, value=502)
    assert outcome_of(shop, publish(document)) is Outcome.CONFIRMED


def test_after_three_requests_without_an_answer_the_rest_is_left_for_later(shop: SandboxShop) -> None:
    publications = [publish(status(shop)) for _ in range(5)]
    shop.process.fault("server_error", method="PATCH")
    outcomes = [line.outcome for line in shop.storefront.show(publications)]
    assert outcomes == [Outcome.UNCERTAIN] * 3 + [Outcome.UNAVAILABLE] * 2


def test_batches_are_no_larger_than_the_site_allows(open_shop: Opener) -> None:
    shop = open_shop("limits: {batch: 2}\n")
    figures = [stock(shop) for _ in range(5)]
    publications = [publish(each) for each in figures]
    lines = shop.storefront.show(publications)
    assert [line.record_id for line in lines] == [each.record_id for each in publications]
    assert {line.outcome for line in lines} == {Outcome.CONFIRMED}


def test_a_thousand_stock_figures_take_two_calls(shop: SandboxShop) -> None:
    sku = new_sku(shop)
    figures = [stock(shop, sku=sku, location_code=f"{number:04}") for number in range(1000)]
    with watched(shop.process) as (client, transport):
        lines = Showing(client, load_profile("clarity-v1"), "clarity").show([publish(each) for each in figures])
    assert {line.outcome for line in lines} == {Outcome.CONFIRMED}
    assert transport.sent == ["POST /oauth/token"] + ["POST /api/v1/inventory/batch"] * 2


@pytest.mark.parametrize("make", [invoice, shipment])
def test_a_new_thing_takes_one_call_where_keys_are_known(shop: SandboxShop, make: Callable[..., Document]) -> None:
    document = make(new_order(shop))
    with watched(shop.process) as (client, transport):
        showing = Showing(client, load_profile("clarity-v1"), "clarity")
        lines = [showing.show([publish(document)])[0] for _ in range(2)]
    assert [line.text for line in lines] == [None, UNCHANGED]
    assert [sent.split()[0] for sent in transport.sent[1:]] == ["POST", "POST"]


def test_the_same_key_for_another_body_is_settled_by_reading_back(shop: SandboxShop) -> None:
    document = invoice(new_order(shop))
    shop.storefront.show([publish(document)])
    paid = changed(document, balance_due="0", state="paid")
    assert outcome_of(shop, publish(paid)) is Outcome.CONFIRMED
    assert read_back(shop, document) == paid
    assert shop.count("invoices", document.external_ref) == 1


def test_a_reference_without_its_lane_is_refused_by_its_field(shop: SandboxShop) -> None:
    document = changed(invoice(new_order(shop)), external_ref="0000123")
    [line] = shop.storefront.show([publish(document)])
    assert (line.outcome, line.field, line.value) == (Outcome.REJECTED, "external_ref", "0000123")


def test_a_key_that_no_path_can_carry_is_refused_and_read_back_as_absent(shop: Shop) -> None:
    odd = item(shop, sku="..")
    [line] = shop.storefront.show([publish(odd)])
    assert (line.outcome, line.field, line.value) == (Outcome.REJECTED, "sku", "..")
    assert shop.storefront.shown(type(odd), [".."]) == {}


def test_a_missing_scope_stops_the_rest(open_shop: Opener) -> None:
    shop = open_shop("auth: {scopes: [orders.read, orders.write]}\n")
    publications = [publish(item(shop)) for _ in range(3)]
    assert [line.outcome for line in shop.storefront.show(publications)] == [Outcome.UNAUTHORISED] * 3
