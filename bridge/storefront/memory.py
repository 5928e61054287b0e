"""A storefront in memory: for tests, demos and dry runs. It keeps the port's promises and fails when told to."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.documents import Customer, Order
from bridge.documents.base import Document
from bridge.errors import Refused, TidegateError
from bridge.ports.clock import Clock, SystemClock
from bridge.ports.erp import ResultLine
from bridge.ports.showing import Publication, only_class, showable
from bridge.ports.storefront import Acknowledgement, Page, ReadOrder, Wanted
from bridge.storefront.memory_showing import MemoryShelf
from bridge.storefront.result_lines import line_for

FINAL = frozenset({"Completed", "Cancelled", "Void"})
"""Statuses that no order leaves (reference clarity.md 2.10)."""


@dataclass(frozen=True)
class Fault:
    """An error to raise in the next call of a method; `after_effect` lets the call take effect first."""

    error: TidegateError
    after_effect: bool = False


class MemoryStorefront:
    """One site in memory. All that is public beside the port is its back door."""

    def __init__(
        self, *, clock: Clock | None = None, page_size: int = 200, overlap: timedelta = timedelta(minutes=5)
    ) -> None:
        self._clock = clock or SystemClock()
        self._page_size = page_size
        self._overlap = overlap
        self._rows: dict[str, tuple[datetime, ReadOrder]] = {}
        self._customers: dict[str, Customer] = {}
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._keys_done: set[str] = set()
        self.acknowledgements: dict[tuple[str, str, str], Acknowledgement] = {}
        self.external_refs: dict[str, set[str]] = defaultdict(set)
        self.mails_sent: list[str] = []
        self.shelf = MemoryShelf(self)

    def put_order(self, order: Order) -> None:
        """Stores or replaces an order; its id, version and update time are the ones it carries."""
        body = order.model_dump(mode="json")
        read = ReadOrder(order.source_id, order.version, body, order, is_gone=order.is_deleted)
        self._rows[order.source_id] = (order.updated_at, read)

    def put_unreadable(self, read: ReadOrder) -> None:
        """Stores an order that nobody can understand, as changed now."""
        self._rows[read.source_id] = (self._clock.now(), read)

    def remove_order(self, source_id: str) -> None:
        """Leaves a tombstone, as changed now; reading it says that it is gone."""
        order = self.known_order(source_id)
        self.put_order(order.model_copy(update={"is_deleted": True, **self._next_version(order)}))

    def put_customer(self, customer: Customer) -> None:
        """Stores or replaces an account."""
        self._customers[customer.source_id] = customer

    def fail_next(self, method: str, error: TidegateError, *, after_effect: bool = False) -> None:
        """Lets the next call of `method` (a name of the port) raise `error`; several calls queue up."""
        self._faults[method].append(Fault(error, after_effect))

    def mend(self) -> None:
        """Forgets the faults that no call has met yet."""
        self._faults.clear()

    def order(self, source_id: str) -> Order | None:
        """The order as stored now, or None when it is gone or cannot be understood."""
        row = self._rows.get(source_id)
        return row[1].order if row else None

    def read_orders(self, wanted: Sequence[Wanted]) -> list[ReadOrder]:
        """As the port says."""
        with self._call("read_orders"):
            return [self._read(each.source_id) for each in wanted]

    def changed_since(self, watermark: datetime | None) -> Iterator[Page]:
        """As the port says; the watermark comes with the last page only, less the overlap."""
        with self._call("changed_since"):
            as_of = self._clock.now()
        rows = sorted((at, source_id) for source_id, (at, _) in self._rows.items() if not watermark or at >= watermark)
        ids = [source_id for _, source_id in rows]
        starts = range(0, len(ids), self._page_size) or range(1)
        for start in starts:
            is_last = start == starts[-1]
            orders = tuple(self._read(source_id) for source_id in ids[start : start + self._page_size])
            yield Page(orders, watermark=as_of - self._overlap if is_last else None, is_last=is_last)

    def read_customer(self, customer_id: str) -> Customer | None:
        """As the port says."""
        with self._call("read_customer"):
            return self._customers.get(customer_id)

    def acknowledge(self, told: Acknowledgement) -> None:
        """As the port says: one acknowledgement and one mail per order, lane and state."""
        with self._call("acknowledge"):
            self.known_order(told.order_id)
            place = (told.order_id, told.lane, told.state)
            if place not in self.acknowledgements:
                self.acknowledgements[place] = told
                self.mails_sent.append(told.order_id)

    def set_status(self, order_id: str, *, status: str, external_ref: str | None, idempotency_key: str) -> None:
        """As the port says: a key used before or the present status changes nothing; a final status is never left."""
        with self._call("set_status"):
            order = self.known_order(order_id)
            if idempotency_key in self._keys_done:
                return
            if order.status != status:
                self.move_order(order, status, mails=True)
            if external_ref:
                self.external_refs[order_id].add(external_ref)
            self._keys_done.add(idempotency_key)

    def show(self, publications: Sequence[Publication]) -> list[ResultLine]:
        """As the port says. It knows no products: a key in `shelf.refused` stands for what a site would refuse."""
        if not publications:
            return []
        only_class(publications)
        try:
            with self._call("show"):
                return [self.shelf.put(each) for each in publications]
        except TidegateError as error:
            return [line_for(each, error) for each in publications]

    def shown(self, document: type[Document], keys: Sequence[str]) -> dict[str, Document]:
        """As the port says."""
        with self._call("shown"):
            return self.shelf.find(showable(document), keys)

    def known_order(self, order_id: str) -> Order:
        """The order as stored now; raises `Refused` when the site does not have it."""
        order = self.order(order_id)
        if order is None:
            raise Refused(f"the site has no order {order_id}", field="id", value=order_id, code="not_found")
        return order

    def known_customer(self, customer_id: str) -> Customer:
        """The account as stored now; raises `Refused` when the site does not have it."""
        if customer_id not in self._customers:
            raise Refused(f"the site has no account {customer_id}", field="id", value=customer_id, code="not_found")
        return self._customers[customer_id]

    def move_order(self, order: Order, status: str, *, mails: bool) -> None:
        """A new version with another status; raises `Refused` when the present one is final."""
        if order.status in FINAL:
            raise Refused(
                f"order {order.source_id} is {order.status} and cannot become {status}",
                field="status",
                value=status,
                code="illegal_transition",
            )
        self.put_order(order.model_copy(update={"status": status, **self._next_version(order)}))
        if mails:
            self.mails_sent.append(order.source_id)

    def _next_version(self, order: Order) -> dict[str, object]:
        return {"version": order.version + 1, "updated_at": self._clock.now()}

    def _read(self, source_id: str) -> ReadOrder:
        row = self._rows.get(source_id)
        return row[1] if row else ReadOrder(source_id, 0, None, None, problem="the site does not know it (yet)")

    @contextmanager
    def _call(self, method: str) -> Iterator[None]:
        fault = self._faults[method].popleft() if self._faults[method] else None
        if fault and not fault.after_effect:
            raise fault.error
        yield
        if fault:
            raise fault.error
