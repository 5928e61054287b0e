"""The storefront port: read what was ordered, tell what became of it, show what the ERP owns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bridge.documents import Customer, Order
from bridge.ports.showing import Showcase


@dataclass(frozen=True)
class Wanted:
    """An order to be read, with the time from which the list call will show it."""

    source_id: str
    updated_at: datetime | None = None


@dataclass(frozen=True)
class ReadOrder:
    """One order as read. `order` is None when it could not be understood (`problem`, `field` say why) or is gone."""

    source_id: str
    version: int
    body: dict[str, Any] | None
    order: Order | None
    problem: str | None = None
    field: str | None = None
    is_gone: bool = False


@dataclass(frozen=True)
class Page:
    """One page of a poll. `watermark` may be stored once every (id, version) up to it is committed."""

    orders: tuple[ReadOrder, ...]
    watermark: datetime | None
    is_last: bool


@dataclass(frozen=True)
class Acknowledgement:
    """What became of an order: accepted with the ERP's number, or rejected with a reason."""

    order_id: str
    lane: str
    state: str
    document_number: str | None = None
    reason: str | None = None
    idempotency_key: str = ""


class Storefront(Showcase, Protocol):
    """One site of one storefront. All workers of the fleet share its rate limit and its token."""

    def read_orders(self, wanted: Sequence[Wanted]) -> list[ReadOrder]:
        """Reads these orders through as few list calls as it can; one answer per wanted id, gone ones included.

        Raises `Throttled`, `Unreachable`, `Unauthorised`, `TryLater`.
        """
        ...

    def changed_since(self, watermark: datetime | None) -> Iterator[Page]:
        """Every order changed since the watermark less the site's overlap; repeats are normal. Raises as above."""
        ...

    def read_customer(self, customer_id: str) -> Customer | None:
        """The account, or None when the site does not know it. Raises as above."""
        ...

    def acknowledge(self, told: Acknowledgement) -> None:
        """Tells the site; the same idempotency key again changes nothing and sends no second mail.

        Raises `Refused` (the site will never take it), `Uncertain` (repeat with the same key), and as above.
        """
        ...

    def set_status(self, order_id: str, *, status: str, external_ref: str | None, idempotency_key: str) -> None:
        """Moves an order's status; the present status again is a success without effect. Raises as `acknowledge`."""
        ...
