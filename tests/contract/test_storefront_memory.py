"""The storefront in memory keeps the contract."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.documents import Invoice, Receipt, Shipment
from bridge.errors import Throttled, Unauthorised, Uncertain, Unreachable
from bridge.ports.storefront import Storefront
from bridge.storefront.clarity.profile_file import load_profile
from bridge.storefront.clarity.reader import read_customer, read_order
from bridge.storefront.memory import MemoryStorefront
from tests.contract.storefront_contract import OVERLAP, PAGE_SIZE, Shop, StorefrontContract
from tests.contract.storefront_showing_contract import ShowcaseContract

PROFILE = load_profile("clarity-v1")
METHODS = ("read_orders", "changed_since", "read_customer", "acknowledge", "set_status", "show", "shown")
CLASSES = {"shipments": Shipment, "invoices": Invoice, "payments": Receipt}


class MemoryShop(Shop):
    """The storefront is its own back door."""

    def __init__(self) -> None:
        self.storefront: MemoryStorefront = MemoryStorefront(page_size=PAGE_SIZE, overlap=OVERLAP)

    def place_bodies(self, bodies: list[dict[str, Any]]) -> list[str]:
        now = datetime.now(UTC).isoformat()
        for body in bodies:
            read = read_order({**body, "version": 1, "updatedAt": now}, PROFILE)
            assert read.order is not None, read.problem
            self.storefront.put_order(read.order)
        return [body["id"] for body in bodies]

    def add_customer(self, body: dict[str, Any]) -> str:
        customer = read_customer(body, PROFILE)
        self.storefront.put_customer(customer)
        return customer.source_id

    def edit(self, order_id: str, comments: str) -> None:
        order = self.storefront.order(order_id)
        assert order is not None
        changes = {"comments": comments, "version": order.version + 1, "updated_at": datetime.now(UTC)}
        self.storefront.put_order(order.model_copy(update=changes))

    def delete(self, order_id: str) -> None:
        self.storefront.remove_order(order_id)

    def order(self, order_id: str) -> dict[str, Any]:
        order = self.storefront.order(order_id)
        assert order is not None
        return {
            "version": order.version,
            "status": order.status,
            "refs": self.storefront.external_refs[order_id],
            "mails": self.storefront.mails_sent.count(order_id),
            "told": [(lane, state) for told_id, lane, state in self.storefront.acknowledgements if told_id == order_id],
        }

    def add_products(self, *skus: str) -> None:
        """It knows no products, and takes every sku that it was not told to refuse."""

    def refused_sku(self) -> str:
        for key in ("NO-SUCH-ITEM", "NO-SUCH-ITEM@000", "NO-SUCH-ITEM@GOLD", "NO-SUCH-ITEM@@1"):
            self.storefront.shelf.refused[key] = "there is no such product"
        return "NO-SUCH-ITEM"

    def count(self, kind: str, key: str) -> int:
        return sum(key == kept for kept in self.storefront.shelf.documents[CLASSES[kind]])

    def refuse_next(self, after_s: float) -> None:
        for method in METHODS:
            self.storefront.fail_next(method, Throttled("the rate limit", after_s=after_s))

    def refuse_logon(self) -> None:
        for method in METHODS:
            self.storefront.fail_next(method, Unauthorised("no such key"))

    def lose_next_answer(self) -> None:
        for method in ("acknowledge", "set_status", "show"):
            self.storefront.fail_next(method, Uncertain("no answer"), after_effect=True)

    def out_of_reach(self) -> Storefront:
        for method in METHODS:
            self.storefront.fail_next(method, Unreachable("no connection"))
        return self.storefront


class TestMemoryStorefront(StorefrontContract):
    @pytest.fixture
    def shop(self) -> MemoryShop:
        return MemoryShop()


class TestMemoryShowcase(ShowcaseContract):
    @pytest.fixture
    def shop(self) -> MemoryShop:
        return MemoryShop()


def test_an_order_nobody_understands_is_shown_with_its_problem() -> None:
    storefront = MemoryStorefront()
    storefront.put_unreadable(read_order({"id": "7", "version": 3, "lines": "none"}, PROFILE))
    [page] = storefront.changed_since(None)
    [read] = page.orders
    assert (read.source_id, read.version, read.order, read.field) == ("7", 3, None, "lines")
