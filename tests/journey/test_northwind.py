"""The 830 Northwind orders through the whole fleet, compared field by field with the source; then what flows back.

What is expected of Sage is worked out here from the source files alone; nothing of `mappings` is imported. The rules
that Sage's widths and code page force are stated once more, in this file's own words, so that a fault in the mapping
cannot hide behind itself. What the site shows of Sage's is compared with Sage's own tables in the same way.
"""

import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.sage100.admin import AuditedOrder, SageAdmin
from workers.stage.plan import Shop, StagePlan
from workers.stage.stage import Stage
from workers.stage.waiting import until

SHARED = Path(os.environ.get("TIDEGATE_SHARED", Path(__file__).parents[3] / "shared"))
NORTHWIND = SHARED / "data" / "northwind"
CENT = Decimal("0.01")
_STATES = {"Québec": "QC"}
"""Regions of the source that have a two-letter code of their own."""
NAME_WIDTH, LINE_WIDTH, CITY_WIDTH = 50, 40, 30


def source() -> list[dict[str, Any]]:
    lines = (NORTHWIND / "orders.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line, parse_float=Decimal) for line in lines]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stage's files after the run."""
    if not NORTHWIND.is_dir():
        pytest.skip(f"{NORTHWIND} is not here; set TIDEGATE_SHARED to the folder that holds data/northwind")
    folder = tmp_path_factory.mktemp("northwind") / "stage"
    command = [sys.executable, "-m", "workers.cli", "submit", "--sandbox", "--keep", str(folder)]
    command += ["--items", str(NORTHWIND / "products.json"), "--customers", str(NORTHWIND / "customers.json")]
    ran = subprocess.run(
        [*command, str(NORTHWIND / "orders.jsonl")], capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    assert "830 orders: 830 in Sage" in ran.stdout
    return folder


@pytest.fixture(scope="module")
def in_sage(folder: Path) -> dict[str, list[AuditedOrder]]:
    """The simulated Sage's own tables after the run, by the storefront's order number."""
    admin = SageAdmin(folder / "sage100.db")
    orders: dict[str, list[AuditedOrder]] = {}
    for order in admin.orders("ABC"):
        orders.setdefault(str(order["header"]["Comment"]).removeprefix("Web order "), []).append(order)
    admin.close()
    return orders


def test_every_order_is_in_sage_once_and_nothing_else_is(in_sage: dict[str, list[AuditedOrder]]) -> None:
    wanted = {order["orderNumber"] for order in source()}
    assert set(in_sage) == wanted
    assert len(wanted) == 830
    assert all(len(orders) == 1 for orders in in_sage.values())


def test_totals_agree_to_the_cent(in_sage: dict[str, list[AuditedOrder]]) -> None:
    wrong = []
    for order in source():
        header = in_sage[order["orderNumber"]][0]["header"]
        total = sum(Decimal(header[name]) for name in ("TaxableAmt", "NonTaxableAmt", "SalesTaxAmt", "FreightAmt"))
        total -= Decimal(header["DiscountAmt"])
        if total != Decimal(order["totals"]["total"]["amount"]):
            wrong.append((order["orderNumber"], total, order["totals"]["total"]["amount"]))
    assert wrong == []


def test_lines_quantities_and_discounts_agree(in_sage: dict[str, list[AuditedOrder]]) -> None:
    wrong = []
    for order in source():
        lines = in_sage[order["orderNumber"]][0]["lines"]
        told = [
            (line["ItemCode"], Decimal(line["QuantityOrdered"]), Decimal(line["ExtensionAmt"]))
            for line in lines
            if not str(line["ItemCode"]).startswith("/")
        ]
        wanted = [
            (
                line["sku"].upper(),
                Decimal(line["quantity"]),
                Decimal(line["extended"]["amount"]) + Decimal(line["discountTotal"]["amount"]),
            )
            for line in order["lines"]
        ]
        if told != wanted:
            wrong.append((order["orderNumber"], told, wanted))
    assert wrong == []


def test_unit_prices_are_the_storefronts_unless_a_discount_is_in_them(
    in_sage: dict[str, list[AuditedOrder]],
) -> None:
    wrong = []
    for order in source():
        for line, source_line in zip(in_sage[order["orderNumber"]][0]["lines"], order["lines"], strict=False):
            if Decimal(line["UnitPrice"]) == Decimal(source_line["unitPrice"]["amount"]):
                continue
            net = Decimal(source_line["extended"]["amount"]) + Decimal(source_line["discountTotal"]["amount"])
            shown = (Decimal(line["QuantityOrdered"]) * Decimal(line["UnitPrice"])).quantize(CENT, ROUND_HALF_UP)
            if shown != net:
                wrong.append((order["orderNumber"], line["ItemCode"], line["UnitPrice"]))
    assert wrong == []


def test_customers_and_buyers_own_numbers_agree(in_sage: dict[str, list[AuditedOrder]]) -> None:
    for order in source():
        header = in_sage[order["orderNumber"]][0]["header"]
        assert header["CustomerNo"] == order["customer"]["accountNumber"].upper()
        assert header.get("CustomerPONo", "") == (order["purchaseOrderNumber"] or "")


def plain(text: str | None) -> str:
    """Letters and digits only, without marks and in small letters: what must survive any folding of an address."""
    decomposed = unicodedata.normalize("NFKD", text or "")
    return "".join(char for char in decomposed.casefold() if char.isalnum() and char.isascii())


def test_no_part_of_an_address_is_lost(in_sage: dict[str, list[AuditedOrder]]) -> None:
    """Name, street, city and post code of both addresses stand in Sage's columns, wherever its widths put them."""
    lost = []
    for order in source():
        header = in_sage[order["orderNumber"]][0]["header"]
        for ours, prefix in (("billTo", "BillTo"), ("shipTo", "ShipTo")):
            names = ("Name", "Address1", "Address2", "Address3")
            everything = plain("".join(str(header[f"{prefix}{name}"]) for name in names))
            address = order[ours]
            missing = [part for part in ("company", "line1") if plain(address[part]) not in everything]
            lost += [(order["orderNumber"], ours, part, address[part]) for part in missing]
            # Sage's State takes two letters; any other region stands behind the city.
            region = address["regionCode"] or address["regionName"] or ""
            cities = {plain(address["city"]), plain(f"{address['city']}, {region}")}
            if plain(header[f"{prefix}City"]) not in cities:
                lost.append((order["orderNumber"], ours, "city", address["city"]))
            if plain(_STATES.get(region, region)) not in plain(header[f"{prefix}City"] + header[f"{prefix}State"]):
                lost.append((order["orderNumber"], ours, "region", region))
            if header[f"{prefix}ZipCode"] != (address["postalCode"] or ""):
                lost.append((order["orderNumber"], ours, "postalCode", address["postalCode"]))
    assert lost == []


def test_sages_widths_are_kept(in_sage: dict[str, list[AuditedOrder]]) -> None:
    for orders in in_sage.values():
        header = orders[0]["header"]
        for prefix in ("BillTo", "ShipTo"):
            assert len(header[f"{prefix}Name"]) <= NAME_WIDTH
            assert len(header[f"{prefix}City"]) <= CITY_WIDTH
            assert all(len(header[f"{prefix}Address{number}"]) <= LINE_WIDTH for number in (1, 2, 3))


def test_dates_and_freight_agree(in_sage: dict[str, list[AuditedOrder]]) -> None:
    for order in source():
        header = in_sage[order["orderNumber"]][0]["header"]
        assert header["OrderDate"] == order["placedAt"][:10].replace("-", "")
        assert header["ShipExpireDate"] == (order["requestedShipDate"] or order["placedAt"])[:10].replace("-", "")
        assert Decimal(header["FreightAmt"]) == Decimal(order["totals"]["shipping"]["amount"])


FLOWS = {"item": 77, "price": 77, "stock": 77, "terms": 89}
"""What flows back, and how many of each there are: every product, and every account that has ordered."""

STOCK_COLUMNS = ("QuantityOnHand", "QuantityOnSalesOrder", "QuantityOnBackOrder")


@pytest.fixture(scope="module")
def stage(folder: Path) -> Iterator[Stage]:
    """The same stage once more, now with readers; all that flows back has been read and shown."""
    plan = StagePlan(
        folder, (Shop("clarity", "main", "ABC"),), rate_per_s=200, burst=400, write_delay_ms=0, with_flower=False,
        flows_every_s=3600,
    )  # fmt: skip
    with Stage(plan) as stage:
        for flow in FLOWS:
            assert "done" in tidegate(stage, "backfill", flow, "--since", "1990-01-01")
        # A first reading of prices is two passes, and nobody can see from outside that the second has not begun yet.
        until(lambda: len(shown(stage, "prices")) == FLOWS["price"], "every price is on show")
        yield stage


def tidegate(stage: Stage, *arguments: str) -> str:
    """What a command says; it must end well."""
    command = [sys.executable, "-m", "workers.cli", *arguments, "--config", str(stage.plan.config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr + stage.log_tail()
    return done.stdout


def shown(stage: Stage, what: str) -> list[dict[str, Any]]:
    """What the site shows of Sage's."""
    found: list[dict[str, Any]] = stage.control(stage.plan.shops[0], "GET", "/shown")[what]
    return found


@pytest.mark.long
@pytest.mark.parametrize("flow", FLOWS)
def test_a_comparison_of_both_sides_finds_no_difference(stage: Stage, flow: str) -> None:
    said = tidegate(stage, "compare", flow)
    assert f"{FLOWS[flow]} compared" in said
    assert "no difference" in said


@pytest.mark.long
def test_products_are_the_same_on_both_sides(stage: Stage) -> None:
    there = {row["sku"]: row for row in shown(stage, "products")}
    prices = {row["sku"]: Decimal(row["list"]["amount"]) for row in shown(stage, "prices")}
    source_names = {row["sku"]: row["name"] for row in json.loads((NORTHWIND / "products.json").read_text())}
    here = {str(row["ItemCode"]): row for row in stage.sage.rows("ABC", "CI_Item") if row["ItemType"] == "1"}
    assert there.keys() == here.keys() == source_names.keys()
    for sku, item in here.items():
        product = there[sku]
        assert product["isActive"] == (item.get("InactiveItem") != "Y"), sku
        assert product["uom"] == item["StandardUnitOfMeasure"], sku
        assert prices[sku] == Decimal(str(item["StandardUnitPrice"])), sku
        assert product["name"] == source_names[sku], "a product's name is the shopkeeper's"
        assert str(item["ItemCodeDesc"]) == source_names[sku][:30]


@pytest.mark.long
def test_stock_on_offer_is_what_sage_has_left_but_for_a_tenth(stage: Stage) -> None:
    wrong = []
    offered = {row["sku"]: Decimal(row["available"]) for row in shown(stage, "stock")}
    for row in stage.sage.rows("ABC", "IM_ItemWarehouse"):
        cells = [Decimal(str(row.get(column) or 0)) for column in STOCK_COLUMNS]
        left = max(cells[0] - cells[1] - cells[2], Decimal(0))
        if offered[str(row["ItemCode"])] != left - (left / 10).to_integral_value(ROUND_CEILING):
            wrong.append((row["ItemCode"], left, offered[str(row["ItemCode"])]))
    assert wrong == []


@pytest.mark.long
def test_customers_are_the_same_on_both_sides(stage: Stage) -> None:
    accounts = {row["id"]: row for row in stage.account(stage.plan.shops[0])["customers"]}
    customers = {str(row["CustomerNo"]): row for row in stage.sage.customers("ABC")}
    assert (len(accounts), customers.keys()) == (93, {row["accountNumber"].upper() for row in accounts.values()})
    wrong = []
    for account in accounts.values():
        customer = customers[account["accountNumber"].upper()]
        theirs = plain(account["name"]), account["contacts"][0]["email"].lower()
        ours = plain(str(customer["CustomerName"])), str(customer["EmailAddress"]).lower()
        if theirs != ours:
            wrong.append((account["id"], theirs, ours))
    assert wrong == []


@pytest.mark.long
def test_the_terms_of_every_account_that_has_ordered_are_on_show(stage: Stage) -> None:
    customers = {str(row["CustomerNo"]): row for row in stage.sage.customers("ABC")}
    ordered = {order["customer"]["id"] for order in source()}
    accounts = {row["id"]: row for row in stage.account(stage.plan.shops[0])["customers"] if row["id"] in ordered}
    assert len(accounts) == FLOWS["terms"]
    for account_id, account in accounts.items():
        customer = customers[account["accountNumber"].upper()]
        assert account["terms"] == customer["TermsCode"], account_id
        assert account["isOnHold"] == (customer["CreditHold"] == "Y"), account_id
