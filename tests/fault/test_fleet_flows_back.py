"""What was shipped in Sage is on its way back to the storefront when something dies, stalls or is lost."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

import pytest
from sqlalchemy import ColumnElement, update

from bridge.flows.words import in_words
from bridge.ledger import schema
from bridge.ledger.rows import Record
from bridge.ports.clock import SystemClock
from bridge.shown import Shown
from bridge.states import State
from sandbox.sage100.packages import Package
from tests.fleets import FleetLab, broker_is_up
from workers.stage.plan import Shop, StagePlan
from workers.stage.stage import Stage

PARCELS = 3
"""Orders that are shipped in each test, one package each."""
TESTS = 9
BUSY_S = 120
"""How long a machine with too much to do may take: what is shown goes through windows, passes and rests."""
READER, SHOWCASE = "sage-reader.ABC", "showcase.1"
_FIRST_INVOICE, _APART = 5_000_000, 1_000
"""Numbers that no order has, so that a fault at an invoice waits for nothing else."""

SMALL_PAGES = """
[lanes."sage100:ABC".reading]
page_rows = 2
lease_s = 5
[lanes."sage100:ABC".stock]
every_s = { A = 3, B = 3, C = 3 }
"""
"""So that a pass over what was shipped has pages, a dead reader's seat is soon free, and stock is read often."""


@dataclass(frozen=True)
class Parcel:
    """One order that people in Sage have shipped, on an invoice that is not posted yet."""

    order_id: str
    invoice: str
    tracking: str


class Dispatch:
    """What people at the warehouse send off, and what the site's shoppers come to see of it."""

    def __init__(self, lab: FleetLab) -> None:
        self.lab = lab
        self.shop = lab.shops[0]
        self.office = lab.sage.office(self.shop.company)
        self._invoices = count(_FIRST_INVOICE, _APART)
        ids = lab.place(PARCELS * TESTS)
        lab.until(lambda: lab.ledger.all_in(State.CONFIRMED, ids), "all orders are in Sage", within_s=BUSY_S)
        lab.until(lab.is_at_rest, "all orders are told", within_s=BUSY_S)
        self._waiting = iter(ids)

    def ship(self) -> list[Parcel]:
        """Ships some orders."""
        return [self._ship(order_id) for order_id in islice(self._waiting, PARCELS)]

    def _ship(self, order_id: str) -> Parcel:
        tracking = f"1Z-{order_id[-6:]}"
        number = str(self.lab.ledger.record(order_id).number)
        return Parcel(order_id, self.office.ship(number, packages=[Package(tracking, "UPS GROUND")]), tracking)

    def ship_into_trap(self) -> tuple[list[Parcel], int, int]:
        """Ships some orders, and waits until a reader is in the middle of them; the fault and the session's process."""
        lab, first = self.lab, next(self._invoices)
        lab.sage.set_next_number(self.shop.company, "InvoiceNo", first)
        fault = lab.sage.add_fault("before_read", "pause", company=self.shop.company, key=str(first + 2))
        parcels = self.ship()
        assert parcels[2].invoice == str(first + 2)
        lab.until(lambda: lab.has_hit(fault), "a reader is at the third of them", within_s=BUSY_S)
        [hit] = lab.hits([fault])
        return parcels, fault, int(hit["pid"])

    def shipments(self, parcels: list[Parcel]) -> list[Record]:
        """The ledger's records of these parcels."""
        numbers = {self.lab.ledger.record(each.order_id).order_number for each in parcels}
        return [each for each in self.lab.ledger.records(document=Shown.SHIPMENT) if each.order_number in numbers]

    def in_doubt(self, parcels: list[Parcel]) -> list[Record]:
        """Those of which nobody knows whether the site has taken them."""
        return [each for each in self.shipments(parcels) if each.state is State.UNCERTAIN]

    def end_doubts(self) -> None:
        """The minutes are over for which what is in doubt rests, which a test cannot wait."""
        self._make_due(schema.record.c.state == State.UNCERTAIN.value)

    def _make_due(self, rested: ColumnElement[bool]) -> None:
        with self.lab.stage.database.write() as connection:
            connection.execute(update(schema.record).where(rested).values(due_at=SystemClock().now()))

    def arrive(self, parcels: list[Parcel]) -> None:
        """Waits until all is told, posts the invoices, and looks whether each shopper was told once of each thing."""
        lab = self.lab
        lab.until(
            lambda: len(self._shown("shipments", parcels)) >= len(parcels), "the shipments are on show", within_s=BUSY_S
        )
        self.office.post()
        lab.until(
            lambda: len(self._shown("invoices", parcels)) >= len(parcels), "the invoices are on show", within_s=BUSY_S
        )
        lab.until(
            lambda: self._is_shipped_told(parcels) and lab.is_at_rest(),
            "every status is told, and nothing moves",
            within_s=BUSY_S,
        )
        shown = self._shown("shipments", parcels)
        by_order = {each["orderId"]: each for each in shown}
        assert len(by_order) == len(shown) == len(parcels), "one shipment of each order"
        orders = {order["id"]: order for order in lab.stage.account(self.shop)["orders"]}
        for parcel in parcels:
            order, shipment = orders[parcel.order_id], by_order[parcel.order_id]
            mails = [mail.get("shipmentId") or mail["status"] for mail in order["mails"]]
            assert [each for each in mails if each != "Processing"] == [shipment["id"]]
            assert (order["status"], shipment["trackingNumbers"]) == ("Shipped", [parcel.tracking])
        lab.until(self._agrees_on_stock, "the site offers what Sage has", within_s=BUSY_S)
        self._give_seats_back()

    def _shown(self, what: str, parcels: list[Parcel]) -> list[dict[str, Any]]:
        ids = {each.order_id for each in parcels}
        found = self.lab.stage.control(self.shop, "GET", "/shown")[what]
        return [each for each in found if each["orderId"] in ids]

    def _is_shipped_told(self, parcels: list[Parcel]) -> bool:
        """Whether the site was told last that these orders are shipped; the half hour is over for which that rests.

        So it is for those of other tests, which rest again when a shipment was shown after its status.
        """
        every = self.lab.ledger.records(document=Shown.STATUS)
        resting = [each.id for each in every if each.state is State.READY and in_words(each) == "Shipped"]
        if resting:
            self._make_due(schema.record.c.id.in_(resting))
        told = self.lab.ledger.records([each.order_id for each in parcels], Shown.STATUS)
        return {(each.state, in_words(each)) for each in told} == {(State.CONFIRMED, "Shipped")}

    def _agrees_on_stock(self) -> bool:
        command = [sys.executable, "-m", "workers.cli", "compare", "stock"]
        config = ["--config", str(self.lab.stage.plan.config)]
        done = subprocess.run([*command, *config], capture_output=True, text=True, timeout=60, check=False)
        return done.returncode == 0 and "no difference" in done.stdout

    def _give_seats_back(self) -> None:
        """Nobody reads a halted lane, so that seats which are still held then are lost ones."""
        self.lab.ledger.halt(self.shop)
        self.lab.until(self.lab.are_seats_back, "every seat given back", within_s=BUSY_S)
        self.lab.ledger.resume(self.shop)


@pytest.fixture(scope="module")
def dispatch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dispatch]:
    plan = StagePlan(
        tmp_path_factory.mktemp("flows-back"), (Shop("clarity", "main", "ABC"),), rate_per_s=200, burst=400,
        window_s=3, write_delay_ms=0, seats=2, with_flower=False, call_deadline_s=30, flows_every_s=1,
        shipped_rests_s=1800, extra=SMALL_PAGES,
    )  # fmt: skip
    with Stage(plan) as stage:
        lab = FleetLab(stage)
        try:
            lab.fill_shops()
            yield Dispatch(lab)
        finally:
            lab.close()


def test_a_reader_killed_in_the_middle_of_a_pass(dispatch: Dispatch) -> None:
    parcels, fault, _ = dispatch.ship_into_trap()
    dispatch.lab.services.kill_tree(READER)
    dispatch.lab.sage.release_fault(fault)
    dispatch.arrive(parcels)


def test_a_readers_session_killed_in_the_middle_of_a_page(dispatch: Dispatch) -> None:
    parcels, _, session = dispatch.ship_into_trap()
    os.kill(session, signal.SIGKILL)
    dispatch.arrive(parcels)


def test_an_agent_killed_in_the_middle_of_a_page(dispatch: Dispatch) -> None:
    parcels, fault, _ = dispatch.ship_into_trap()
    dispatch.lab.services.kill("agent")
    dispatch.lab.sage.release_fault(fault)
    dispatch.arrive(parcels)


def test_a_broker_killed_in_the_middle_of_a_page(dispatch: Dispatch) -> None:
    """The page is kept, and nobody can be woken to show what is on it."""
    lab = dispatch.lab
    parcels, fault, _ = dispatch.ship_into_trap()
    lab.services.kill("broker")
    lab.sage.release_fault(fault)
    lab.until(lambda: broker_is_up(lab), "the broker is up again", within_s=BUSY_S)
    dispatch.arrive(parcels)


def test_a_storefront_worker_killed_while_it_shows_a_shipment(dispatch: Dispatch) -> None:
    """The site has taken it, and whoever waited for the answer is dead."""
    lab = dispatch.lab
    lab.switch_on("lost_answer", path="/shipments")
    parcels = dispatch.ship()
    lab.until(lambda: lab.struck("lost_answer") > 0, "the site has taken a shipment, and says nothing", within_s=BUSY_S)
    lab.services.kill_tree(SHOWCASE)
    assert State.WRITING in {each.state for each in dispatch.shipments(parcels)}
    lab.switch_off("lost_answer")
    lab.expire_tellings()
    dispatch.arrive(parcels)
    assert any(each.doubts for each in dispatch.shipments(parcels))


@pytest.mark.long
def test_a_site_that_throttles_until_nobody_asks_it_for_a_while(dispatch: Dispatch) -> None:
    lab, tries = dispatch.lab, 3
    lab.switch_on("rate_limited", method="POST", path="/shipments", count=tries, value=1)
    parcels = dispatch.ship()
    lab.until(
        lambda: lab.struck("rate_limited") == tries,
        "a shipment is refused as often as it is tried at once",
        within_s=BUSY_S,
    )
    dispatch.arrive(parcels)
    assert not any(each.doubts or each.failures for each in dispatch.shipments(parcels))


@pytest.mark.long
def test_a_site_whose_answers_are_lost(dispatch: Dispatch) -> None:
    """A gateway gives up on each try of one shipment, which the site has taken with the first of them."""
    lab, tries = dispatch.lab, 3
    lab.switch_on("lost_answer", path="/shipments", count=tries, value=0.2)
    parcels = dispatch.ship()
    lab.until(lambda: len(dispatch.in_doubt(parcels)) == 1, "one shipment is in doubt", within_s=BUSY_S)
    assert lab.struck("lost_answer") == tries
    dispatch.end_doubts()
    dispatch.arrive(parcels)


@pytest.mark.long
def test_a_site_that_is_down_for_a_while(dispatch: Dispatch) -> None:
    lab = dispatch.lab
    lab.switch_on("maintenance", value=1)
    parcels = dispatch.ship()
    lab.until(
        lambda: len(dispatch.shipments(parcels)) == PARCELS, "all that was shipped is to be shown", within_s=BUSY_S
    )
    refused = lab.struck("maintenance")
    lab.until(lambda: lab.struck("maintenance") > refused, "the site is asked in vain", within_s=BUSY_S)
    assert {each.state for each in dispatch.shipments(parcels)} <= {State.READY, State.CLAIMED, State.WRITING}
    lab.switch_off("maintenance")
    dispatch.arrive(parcels)


@pytest.mark.long
def test_a_site_that_dies_with_a_shipment_in_hand(dispatch: Dispatch) -> None:
    lab = dispatch.lab
    lab.switch_on("lost_answer", path="/shipments")
    parcels = dispatch.ship()
    lab.until(lambda: lab.struck("lost_answer") > 0, "the site has taken a shipment, and says nothing", within_s=BUSY_S)
    lab.services.kill("site.main")
    lab.until(lambda: lab.stage.is_open(dispatch.shop), "the site is up again", within_s=BUSY_S)
    lab.until(lambda: len(dispatch.in_doubt(parcels)) == 1, "one shipment is in doubt", within_s=BUSY_S)
    dispatch.end_doubts()
    dispatch.arrive(parcels)
