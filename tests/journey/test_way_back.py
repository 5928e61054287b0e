"""The whole use case over real processes: checkout, sales order, shipment with tracking, and what the shopper sees."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.states import State
from sandbox.sage100.general_ledger import ACCOUNTS
from sandbox.sage100.packages import Package
from sandbox.sage100.totals import number
from workers.drills.ground import Ground
from workers.stage.plan import Shop, StagePlan
from workers.stage.stage import Stage

CARRIER = "UPS GROUND"
PROMISED = ("QuantityOnSalesOrder", "QuantityOnBackOrder")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder: Path = tmp_path_factory.mktemp("way-back")
    plan = StagePlan(
        folder, (Shop("clarity", "main", "ABC"),), rate_per_s=200, burst=400, window_s=3, seats=2, with_flower=False,
        call_deadline_s=30, flows_every_s=1, shipped_rests_s=2,
    )  # fmt: skip
    with Stage(plan) as stage:
        ground = Ground(stage)
        try:
            ground.fill_shops()
            yield ground
        finally:
            ground.close()


class Desk:
    """Both sides of one order: what Sage has of it, and what the site shows."""

    def __init__(self, ground: Ground, *orders: dict[str, Any]) -> None:
        self._ground = ground
        self.shop = ground.shops[0]
        [self.order_id] = ground.take(orders) if orders else ground.place(1)
        ground.until(lambda: ground.ledger.all_in(State.CONFIRMED, [self.order_id]), "the order is in Sage")
        self.until_status("Processing")
        self.number = str(ground.ledger.record(self.order_id).number)
        self.office = ground.sage.office(self.shop.company)

    def site_order(self) -> dict[str, Any]:
        """The order as the site has it, with its mails."""
        orders = self._ground.stage.account(self.shop)["orders"]
        return next(order for order in orders if order["id"] == self.order_id)

    def shown(self, what: str) -> list[dict[str, Any]]:
        """What the site shows of this order."""
        found = self._ground.stage.control(self.shop, "GET", "/shown")[what]
        return [each for each in found if each.get("orderId") == self.order_id]

    def until_status(self, status: str) -> None:
        """Waits until the site says so of the order."""
        self._ground.until(lambda: self.site_order()["status"] == status, f"the site says {status}")

    def until_shown(self, what: str, count: int) -> list[dict[str, Any]]:
        """Waits until the site shows so many."""
        self._ground.until(lambda: len(self.shown(what)) == count, f"{count} {what} on show")
        return self.shown(what)

    def deposit(self) -> Decimal:
        """The order's deposit in Sage while it is open there."""
        rows = self._ground.sage.rows(self.shop.company, "SO_SalesOrderHeader")
        return next(number(row, "DepositAmt") for row in rows if row["SalesOrderNo"] == self.number)

    def settled(self, what: str) -> dict[str, Any]:
        """The one invoice or payment of this order at the site, once nothing of it is owed."""

        def paid() -> bool:
            return [each["state"] for each in self.shown(what)] in (["paid"], ["captured"])

        self._ground.until(paid, f"the site has one of {what}, paid")
        [found] = self.shown(what)
        return found

    def owed(self, invoice_no: str) -> dict[str, Any]:
        """What Sage has open of an invoice."""
        rows = self._ground.sage.rows(self.shop.company, "AR_OpenInvoice")
        [found] = [row for row in rows if row["InvoiceNo"] == invoice_no]
        return found

    def lines(self) -> list[dict[str, Any]]:
        """The order's lines of goods in Sage."""
        rows = self._ground.sage.rows(self.shop.company, "SO_SalesOrderDetail")
        return [row for row in rows if row["SalesOrderNo"] == self.number and row["ItemType"] == "1"]


@pytest.fixture
def desk(ground: Ground) -> Desk:
    return Desk(ground)


def test_stock_is_on_show_before_anybody_orders(ground: Ground) -> None:
    shop = ground.shops[0]

    def offered() -> dict[str, Decimal]:
        rows = ground.stage.control(shop, "GET", "/shown")["stock"]
        return {row["sku"]: Decimal(row["available"]) for row in rows}

    on_hand = {
        str(row["ItemCode"]): row["QuantityOnHand"] for row in ground.sage.rows(shop.company, "IM_ItemWarehouse")
    }
    goods = {code: there for code, there in on_hand.items() if there}
    ground.until(lambda: offered().keys() >= goods.keys(), "all goods are on show")
    assert all(0 < figure < Decimal(str(goods[sku])) for sku, figure in offered().items() if sku in goods)


def test_an_order_shipped_in_two_parts_shows_two_shipments_and_mails_twice(desk: Desk) -> None:
    line = desk.lines()[0]
    half = {str(line["LineKey"]): Decimal(1)}
    desk.office.ship(desk.number, half, [Package("1Z-FIRST", CARRIER)])
    [first] = desk.until_shown("shipments", 1)
    assert first["trackingNumbers"] == ["1Z-FIRST"]
    assert [Decimal(each["quantity"]) for each in first["lines"]] == [Decimal(1)]
    desk.office.post()
    desk.until_status("PartiallyShipped")
    desk.office.ship(desk.number, None, [Package("1Z-SECOND", CARRIER), Package("1Z-THIRD", CARRIER)])
    both = desk.until_shown("shipments", 2)
    assert [each["trackingNumbers"] for each in both] == [["1Z-FIRST"], ["1Z-SECOND", "1Z-THIRD"]]
    desk.office.post()
    desk.until_status("Shipped")
    assert len(desk.shown("shipments")) == 2, "posting makes no third of them"


def test_a_held_order_and_its_release_are_told(desk: Desk) -> None:
    desk.office.hold(desk.number)
    desk.until_status("OnHold")
    desk.office.release(desk.number)
    desk.until_status("Processing")


def test_an_order_that_people_cancel_in_sage_is_cancelled_at_the_site(desk: Desk) -> None:
    desk.office.cancel(desk.number, "CUST")
    desk.until_status("Cancelled")


def test_what_is_captured_after_the_write_is_the_orders_deposit_and_pays_its_invoice(ground: Ground) -> None:
    [order] = ground.make(1, ground.shops[0])
    total, nothing = order["totals"]["total"], {"amount": "0.00", "currency": "USD"}
    card = {"kind": "card", "gateway": "Stripe", "state": "authorized", "capturedAmount": nothing}
    payments = [{**order["payments"][0], **card, "transactionId": "pi_1"}]
    unpaid = {**order["totals"], "paid": nothing, "balanceDue": total}
    buyer = {name: order["customer"][name] for name in ("id", "accountNumber", "name")}
    ground.stage.control(ground.shops[0], "PUT", "/customers", {"customers": [buyer]})
    desk = Desk(ground, {**order, "payments": payments, "paymentStatus": "authorized", "totals": unpaid})
    assert desk.deposit() == 0
    ground.stage.control(desk.shop, "POST", f"/orders/{desk.order_id}/capture", {})
    ground.until(lambda: desk.deposit() == Decimal(total["amount"]), "the deposit is in Sage")
    desk.office.ship(desk.number, packages=[Package("1Z-PAID", CARRIER)])
    desk.office.post()
    [invoice] = desk.until_shown("invoices", 1)
    desk.until_status("Shipped")
    assert (invoice["state"], desk.shown("payments")) == ("paid", [])


def test_an_order_is_followed_from_checkout_to_the_general_ledger(ground: Ground) -> None:
    """Allocated, shipped with tracking, posted, on show with its invoice, paid, and traced through all of it."""
    ground.until(ground.is_at_rest, "nothing of the orders before moves any more")
    free, offered = stock(ground, *PROMISED), offered_now(ground)
    desk = Desk(ground)
    ordered = {str(line["ItemCode"]): amount(line["QuantityOrdered"]) for line in desk.lines()}
    allocated = stock(ground, *PROMISED)
    assert {item: free[item] - allocated[item] for item in ordered} == ordered
    assert {sku: held_back(free[sku]) for sku in ordered} == {sku: offered[sku] for sku in ordered}
    offered = offered_now(ground)
    assert {sku: held_back(free[sku] - ordered[sku]) for sku in ordered} == {sku: offered[sku] for sku in ordered}

    invoice_no = desk.office.ship(desk.number, None, [Package("1Z-WHOLE", CARRIER)])
    [shipment] = desk.until_shown("shipments", 1)
    assert shipment["trackingNumbers"] == ["1Z-WHOLE"]
    register = desk.office.post()
    owed = desk.owed(invoice_no)
    [invoice] = desk.until_shown("invoices", 1)
    assert (invoice["invoiceNumber"], invoice["state"]) == (invoice_no, "open")
    assert money(invoice["totals"]["total"]) == money(invoice["balanceDue"]) == amount(owed["Balance"])
    assert day_in_lane(ground, invoice["dueAt"]) == owed["InvoiceDueDate"]
    assert stock(ground, *PROMISED) == allocated, "what has gone out was promised before"

    desk.office.receive_cash(invoice_no, amount(owed["Balance"]), check_no="4711")
    assert money(desk.settled("invoices")["balanceDue"]) == 0
    assert money(desk.settled("payments")["amount"]) == amount(owed["Balance"])
    desk.until_status("Shipped")
    assert len(desk.shown("shipments")) == 1
    mails = [mail.get("shipmentId") or mail["status"] for mail in desk.site_order()["mails"]]
    assert [each for each in mails if each != "Processing"] == [shipment["id"]], "the shopper is told of it once"
    assert_posted(ground, register, invoice_no, amount(owed["Balance"]))
    ground.until(ground.is_at_rest, "everything is told")
    assert_traced(ground, desk, invoice_no, register)


def stock(ground: Ground, *less: str) -> dict[str, Decimal]:
    """By item, what is on hand in Sage less these columns."""
    rows = ground.sage.rows(ground.shops[0].company, "IM_ItemWarehouse")
    return {
        str(row["ItemCode"]): amount(row["QuantityOnHand"]) - sum(amount(row.get(column)) for column in less)
        for row in rows
    }


def offered_now(ground: Ground) -> dict[str, Decimal]:
    """What the site offers of each product once all stock has been read anew."""
    assert "done" in tidegate(ground, "backfill", "stock", "--since", "2026-01-01")
    rows = ground.stage.control(ground.shops[0], "GET", "/shown")["stock"]
    return {row["sku"]: Decimal(row["available"]) for row in rows}


def held_back(left: Decimal) -> Decimal:
    """What is offered of so much: a tenth is kept back, in whole units, unless the lane's rules say otherwise."""
    return left - (left / 10).to_integral_value(ROUND_CEILING)


def amount(cell: object) -> Decimal:
    """A number of Sage's; nothing is 0."""
    return Decimal(str(cell or 0))


def money(shown: dict[str, str]) -> Decimal:
    """An amount at the site."""
    return Decimal(shown["amount"])


def day_in_lane(ground: Ground, at: str) -> str:
    """The day of a moment at the site in the lane's zone, as Sage writes it."""
    zone = ZoneInfo(ground.stage.settings.lanes[ground.shops[0].lane].mapping.time_zone)
    return f"{datetime.fromisoformat(at).astimezone(zone):%Y%m%d}"


def assert_posted(ground: Ground, register: str, invoice_no: str, total: Decimal) -> None:
    """The register balances in Sage's general ledger, and the customer owes the invoice's total by it."""
    rows = ground.sage.rows(ground.shops[0].company, "GL_DetailPosting")
    mine = [row for row in rows if (row["SourceJournal"], row["JournalRegisterNo"]) == ("SO", register)]
    debits, credits = (sum(amount(row[column]) for row in mine) for column in ("DebitAmount", "CreditAmount"))
    assert debits == credits > 0
    [owing] = [row for row in mine if row["AccountKey"] == ACCOUNTS["receivable"][0]]
    assert (owing["DocumentNo"], amount(owing["DebitAmount"])) == (invoice_no, total)


def assert_traced(ground: Ground, desk: Desk, invoice_no: str, register: str) -> None:
    """`tidegate trace`, asked for the shopper's own order number, tells the whole chain."""
    order_number = desk.site_order()["orderNumber"]
    told = tidegate(ground, "trace", order_number)
    for said in (
        f"CONFIRMED as {desk.number}",
        f"G/L posting SO-{register}",
        "1Z-WHOLE",
        f"invoice {invoice_no}: paid, ",
        f" by check for invoice {invoice_no}",
    ):
        assert said in told
    [way] = json.loads(tidegate(ground, "trace", order_number, "--json"))
    known = {each["kind"]: each["value"] for each in way["identities"]}
    assert (known["invoice"], known["shipment"], known["check"]) == (invoice_no, invoice_no, "4711")
    states = {(each["record"]["document"], each["record"]["state"]) for each in way["followers"]}
    assert states >= {(each, "CONFIRMED") for each in ("shipment", "status", "invoice", "receipt")}


def tidegate(ground: Ground, *arguments: str, status: int = 0) -> str:
    """What a command says; it must end with this exit status."""
    command = [sys.executable, "-m", "workers.cli", *arguments, "--config", str(ground.stage.plan.config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def test_what_a_shopkeeper_changed_of_sages_is_put_right_when_the_site_tells_of_it(ground: Ground) -> None:
    ground.until(lambda: "no difference" in tidegate_or_not(ground, "compare", "item"), "both sides agree")
    [before] = products(ground, "TG-1002")
    meddle(ground, "TG-1002", uom="PALLET", name="Hammer, our very best")
    ground.until(lambda: products(ground, "TG-1002")[0]["uom"] == before["uom"], "Sage's unit is on show again")
    assert products(ground, "TG-1002")[0]["name"] == "Hammer, our very best", "a name is the shopkeeper's"


def meddle(ground: Ground, sku: str, *, webhook: str = "deliver", **changes: str) -> None:
    """A shopkeeper changes a product, and the site sends its webhook so."""
    edit = {"changes": changes, "webhook": webhook}
    ground.stage.control(ground.shops[0], "POST", f"/products/{sku}/edit", edit)


def products(ground: Ground, sku: str) -> list[dict[str, Any]]:
    """The product as the site has it."""
    found = ground.stage.control(ground.shops[0], "GET", "/shown")["products"]
    return [each for each in found if each["sku"] == sku]


def test_what_a_shopkeeper_changed_unheard_is_found_by_a_comparison_and_healed(ground: Ground) -> None:
    ground.until(lambda: "no difference" in tidegate_or_not(ground, "compare", "item"), "both sides agree")
    meddle(ground, "TG-1003", webhook="never", uom="PALLET")
    said = tidegate(ground, "compare", "item", "--heal", status=1)
    assert "TG-1003" in said
    assert "PALLET" in said
    ground.until(lambda: "no difference" in tidegate_or_not(ground, "compare", "item"), "both sides agree again")
    assert "0 new and 0 changed" in tidegate(ground, "backfill", "item", "--since", "2026-01-01", "--dry-run")
    assert "done" in tidegate(ground, "backfill", "item", "--since", "2026-01-01")


def tidegate_or_not(ground: Ground, *arguments: str) -> str:
    """What a command says, however it ends."""
    command = [sys.executable, "-m", "workers.cli", *arguments, "--config", str(ground.stage.plan.config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False).stdout
