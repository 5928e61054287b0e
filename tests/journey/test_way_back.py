"""The whole use case over real processes: checkout, sales order, shipment with tracking, and what the shopper sees."""

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bridge.states import State
from sandbox.sage100.packages import Package
from sandbox.sage100.totals import number
from workers.drills.ground import Ground
from workers.stage.plan import Shop, StagePlan
from workers.stage.stage import Stage

CARRIER = "UPS GROUND"


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


def tidegate(ground: Ground, *arguments: str, status: int = 0) -> str:
    """What a command says; it must end with this exit status."""
    command = [sys.executable, "-m", "workers.cli", *arguments, "--config", str(ground.stage.plan.config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def test_what_a_shopkeeper_changed_of_sages_is_found_by_a_comparison_and_healed(ground: Ground) -> None:
    shop = ground.shops[0]
    ground.until(lambda: "no difference" in tidegate_or_not(ground, "compare", "item"), "both sides agree")
    ground.stage.control(shop, "POST", "/products/TG-1003/edit", {"changes": {"uom": "PALLET"}})
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
