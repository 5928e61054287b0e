"""What every storefront must do. A subclass gives a `Shop`: the storefront, and the back door through which we look."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from bridge.errors import Refused, Throttled, Unauthorised, Uncertain, Unreachable
from bridge.ports.storefront import Acknowledgement, Page, Storefront, Wanted
from sandbox.orders import make_customers, make_orders

LANE = "sage100:ABC"
PAGE_SIZE = 3
OVERLAP = timedelta(seconds=300)

_order_numbers = count(500_001)


class Shop(ABC):
    """One site, its storefront, and its back door. Ids are those by which the storefront knows the orders."""

    storefront: Storefront

    def place(self, n: int = 1) -> list[str]:
        """Places `n` good orders and gives their ids."""
        bodies = [make_orders(1, 1, first_number=next(_order_numbers))[0] for _ in range(n)]
        return self.place_bodies([{**body, "status": "Confirmed"} for body in bodies])

    @abstractmethod
    def place_bodies(self, bodies: list[dict[str, Any]]) -> list[str]:
        """Places orders as clarity-v1 writes them, all at one moment."""

    @abstractmethod
    def add_customer(self, body: dict[str, Any]) -> str:
        """Adds an account as clarity-v1 writes it; gives its id."""

    @abstractmethod
    def edit(self, order_id: str, comments: str) -> None:
        """A shopper's change: a new version."""

    @abstractmethod
    def delete(self, order_id: str) -> None:
        """Deletes the order."""

    @abstractmethod
    def order(self, order_id: str) -> dict[str, Any]:
        """What the site has: version, status, refs (set of lane/number), mails (count), told (list of lane, state)."""

    @abstractmethod
    def add_products(self, *skus: str) -> None:
        """Makes these skus known to the site."""

    @abstractmethod
    def refused_sku(self) -> str:
        """A sku that the site does not take."""

    @abstractmethod
    def count(self, kind: str, key: str) -> int:
        """How many shipments, invoices or payments (`kind`) the site has under an external reference."""

    @abstractmethod
    def refuse_next(self, after_s: float) -> None:
        """The next request meets the rate limit; it opens again after so long, more than the storefront waits."""

    @abstractmethod
    def refuse_logon(self) -> None:
        """From now on no credential is good enough, for one call at least."""

    @abstractmethod
    def lose_next_answer(self) -> None:
        """The next write takes effect, but its answer never comes."""

    @abstractmethod
    def out_of_reach(self) -> Storefront:
        """The same storefront as it is while no connection can be made."""


class StorefrontContract(ABC):
    """Promises of `bridge.ports.storefront.Storefront`."""

    @pytest.fixture
    @abstractmethod
    def shop(self, *_: Any) -> Shop:
        """A site with `PAGE_SIZE` orders a page and an overlap of `OVERLAP`; it may hold other orders already."""

    def test_an_order_is_read_whole_and_exact(self, shop: Shop) -> None:
        body = make_orders(1, 1, first_number=next(_order_numbers))[0]
        [order_id] = shop.place_bodies([body])
        [read] = shop.storefront.read_orders([Wanted(order_id)])
        assert (read.problem, read.is_gone, read.version, read.source_id) == (None, False, 1, order_id)
        assert read.order is not None
        assert read.order.order_number == body["orderNumber"]
        assert read.order.totals.total == Decimal(body["totals"]["total"]["amount"])
        assert [str(line.quantity) for line in read.order.lines] == [line["quantity"] for line in body["lines"]]
        assert read.order.bill_to.postal_code == body["billTo"]["postalCode"]
        assert read.order.placed_at == datetime.fromisoformat(body["placedAt"])
        assert read.body

    @pytest.mark.parametrize("n", [2, 8], ids=["by id", "by list"])
    def test_each_wanted_order_gets_one_answer_in_its_turn(self, shop: Shop, n: int) -> None:
        since = datetime.now(UTC)
        ids = shop.place(n)
        shop.delete(ids[1])
        shop.edit(ids[0], "Leave at the door")
        wanted = [Wanted(order_id, since) for order_id in reversed(ids)] + [Wanted("99999999"), Wanted(ids[0])]
        reads = shop.storefront.read_orders(wanted)
        assert [read.source_id for read in reads] == [each.source_id for each in wanted]
        assert [read.is_gone for read in reads] == [each.source_id == ids[1] for each in wanted]
        assert reads[-1].order == reads[n - 1].order
        assert reads[-1].order is not None
        assert (reads[-1].version, reads[-1].order.comments) == (2, "Leave at the door")

    def test_an_order_not_known_yet_is_not_gone(self, shop: Shop) -> None:
        [read] = shop.storefront.read_orders([Wanted("99999999")])
        assert (read.body, read.order, read.is_gone, read.version) == (None, None, False, 0)
        assert read.problem

    def test_a_poll_shows_every_change_page_by_page(self, shop: Shop) -> None:
        since = datetime.now(UTC)
        ids = shop.place(2 * PAGE_SIZE + 1)
        pages = list(shop.storefront.changed_since(since))
        assert set(ids) <= seen(pages)
        assert all(len(page.orders) <= PAGE_SIZE for page in pages)
        assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]
        assert [page.watermark for page in pages[:-1]] == [None] * (len(pages) - 1)

    def test_a_poll_of_nothing_is_one_last_page(self, shop: Shop) -> None:
        [page] = shop.storefront.changed_since(datetime.now(UTC) + timedelta(days=1))
        assert (page.orders, page.is_last) == ((), True)

    def test_a_first_poll_needs_no_watermark(self, shop: Shop) -> None:
        [order_id] = shop.place()
        assert order_id in seen(list(shop.storefront.changed_since(None)))

    def test_the_watermark_stays_behind_by_the_overlap(self, shop: Shop) -> None:
        begin = datetime.now(UTC)
        watermark = list(shop.storefront.changed_since(begin))[-1].watermark
        assert watermark is not None
        assert abs(watermark - (begin - OVERLAP)) < timedelta(seconds=5)

    def test_a_deleted_order_is_shown_as_gone(self, shop: Shop) -> None:
        since = datetime.now(UTC)
        [order_id] = shop.place()
        shop.delete(order_id)
        shown = [read for page in shop.storefront.changed_since(since) for read in page.orders]
        assert [read.is_gone for read in shown if read.source_id == order_id] == [True]

    @pytest.mark.parametrize("pages_before", [1, 2])
    def test_a_change_between_pages_hides_nothing(self, shop: Shop, pages_before: int) -> None:
        since = datetime.now(UTC)
        ids = shop.place(3 * PAGE_SIZE)
        walk = shop.storefront.changed_since(since)
        pages = [next(walk) for _ in range(pages_before)]
        for order_id in ids[:2]:
            shop.edit(order_id, "Changed during the walk")
        pages += walk
        assert set(ids) - set(ids[:2]) <= seen(pages)
        versions = {(read.source_id, read.version) for page in [*pages, *again(shop, pages)] for read in page.orders}
        assert {(order_id, 2) for order_id in ids[:2]} <= versions

    def test_a_customer_is_read_or_unknown(self, shop: Shop) -> None:
        reference = {"system": LANE, "type": "customer", "id": "ACME"}
        body = {**make_customers(2, 1)[0], "externalRefs": [reference]}
        customer = shop.storefront.read_customer(shop.add_customer(body))
        assert customer is not None
        assert (customer.name, customer.account_number) == (body["name"], body["accountNumber"])
        assert customer.email == body["contacts"][0]["email"]
        assert customer.address.postal_code == body["addresses"][0]["postalCode"]
        assert customer.external_refs == (f"{LANE}/ACME",)
        assert shop.storefront.read_customer("99999999") is None

    def test_an_acknowledgement_takes_effect_once(self, shop: Shop) -> None:
        [order_id] = shop.place()
        for _ in range(2):
            shop.storefront.acknowledge(accepted(order_id))
        assert shop.order(order_id)["told"] == [(LANE, "accepted")]

    def test_an_acknowledgement_whose_answer_was_lost_is_told_once(self, shop: Shop) -> None:
        [order_id] = shop.place()
        shop.lose_next_answer()
        with pytest.raises(Uncertain):
            shop.storefront.acknowledge(accepted(order_id))
        shop.storefront.acknowledge(accepted(order_id))
        assert shop.order(order_id)["told"] == [(LANE, "accepted")]

    def test_a_later_state_is_told_too(self, shop: Shop) -> None:
        [order_id] = shop.place()
        shop.storefront.acknowledge(accepted(order_id))
        posted = Acknowledgement(order_id, LANE, "posted", document_number="0000123", idempotency_key="key 2")
        shop.storefront.acknowledge(posted)
        assert shop.order(order_id)["told"] == [(LANE, "accepted"), (LANE, "posted")]

    def test_an_unknown_order_cannot_be_acknowledged(self, shop: Shop) -> None:
        with pytest.raises(Refused) as refusal:
            shop.storefront.acknowledge(accepted("99999999"))
        assert refusal.value.code == "not_found"

    def test_a_status_moves_once_and_keeps_the_reference(self, shop: Shop) -> None:
        [order_id] = shop.place()
        for key in ("key 1", "key 1", "key 2"):
            move(shop, order_id, "Processing", key)
        now = shop.order(order_id)
        assert (now["status"], now["version"], now["mails"]) == ("Processing", 2, 1)
        assert now["refs"] == {f"{LANE}/0000123"}

    def test_a_status_whose_answer_was_lost_moves_once(self, shop: Shop) -> None:
        [order_id] = shop.place()
        shop.lose_next_answer()
        with pytest.raises(Uncertain):
            move(shop, order_id, "Processing", "key 1")
        move(shop, order_id, "Processing", "key 1")
        now = shop.order(order_id)
        assert (now["status"], now["version"], now["mails"]) == ("Processing", 2, 1)

    def test_a_final_status_is_never_left(self, shop: Shop) -> None:
        [order_id] = shop.place()
        move(shop, order_id, "Cancelled", "key 1")
        with pytest.raises(Refused) as refusal:
            move(shop, order_id, "Processing", "key 2")
        assert refusal.value.code == "illegal_transition"
        assert shop.order(order_id)["status"] == "Cancelled"

    @pytest.mark.parametrize("call", ["read_orders", "changed_since", "read_customer", "acknowledge", "set_status"])
    def test_a_rate_limit_says_how_long_to_wait(self, shop: Shop, call: str) -> None:
        [order_id] = shop.place()
        shop.refuse_next(after_s=20)
        with pytest.raises(Throttled) as throttled:
            self.calls(shop.storefront, order_id)[call]()
        assert throttled.value.after_s is not None
        assert 15 < throttled.value.after_s < 25
        assert shop.order(order_id)["told"] == []

    @pytest.mark.parametrize("call", ["read_orders", "changed_since", "read_customer", "acknowledge", "set_status"])
    def test_a_refused_log_on_is_not_tried_again(self, shop: Shop, call: str) -> None:
        [order_id] = shop.place()
        shop.refuse_logon()
        with pytest.raises(Unauthorised):
            self.calls(shop.storefront, order_id)[call]()

    @pytest.mark.parametrize("call", ["read_orders", "changed_since", "read_customer", "acknowledge", "set_status"])
    def test_out_of_reach_means_nothing_was_sent(self, shop: Shop, call: str) -> None:
        with pytest.raises(Unreachable):
            self.calls(shop.out_of_reach(), "1")[call]()

    def calls(self, storefront: Storefront, order_id: str) -> dict[str, Callable[[], object]]:
        return {
            "read_orders": lambda: storefront.read_orders([Wanted(order_id)]),
            "changed_since": lambda: list(storefront.changed_since(None)),
            "read_customer": lambda: storefront.read_customer("1"),
            "acknowledge": lambda: storefront.acknowledge(accepted(order_id)),
            "set_status": lambda: storefront.set_status(
                order_id, status="Processing", external_ref=None, idempotency_key="key 1"
            ),
        }


def seen(pages: list[Page]) -> set[str]:
    return {read.source_id for page in pages for read in page.orders}


def again(shop: Shop, pages: list[Page]) -> list[Page]:
    """The next poll, from the watermark of the last."""
    assert pages[-1].watermark is not None
    return list(shop.storefront.changed_since(pages[-1].watermark))


def accepted(order_id: str) -> Acknowledgement:
    return Acknowledgement(order_id, LANE, "accepted", document_number="0000123", idempotency_key=f"key of {order_id}")


def move(shop: Shop, order_id: str, status: str, key: str) -> None:
    shop.storefront.set_status(order_id, status=status, external_ref=f"{LANE}/0000123", idempotency_key=key)
