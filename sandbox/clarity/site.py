"""The site: its store, its clock, and the one way in which a resource changes and is announced."""

import asyncio
from datetime import UTC, datetime, timedelta

from sandbox.clarity.answers import Answers
from sandbox.clarity.auth import Auth
from sandbox.clarity.calls import JsonObject, Problem
from sandbox.clarity.faults import FaultName, Faults
from sandbox.clarity.limits import Limits
from sandbox.clarity.outbox import Outbox, Treatment
from sandbox.clarity.payments import CAPTURED, REFUNDED, event_of
from sandbox.clarity.resources import ORDER, Resource, Resources
from sandbox.clarity.settings import SiteSettings
from sandbox.clarity.store import Store
from sandbox.clarity.subscriptions import Subscriptions
from sandbox.clarity.times import to_text
from sandbox.clarity.trail import MAIL, Trail

_MILLISECOND = timedelta(milliseconds=1)

_TOPICS = frozenset(
    {"order.created", "order.updated", "order.cancelled", "order.deleted"}
    | {"customer.created", "customer.updated", "product.created", "product.updated", "product.deleted"}
    | {f"payment.{CAPTURED}", f"payment.{REFUNDED}"}
)
"""What is announced (reference clarity.md 2.7); what an ERP writes of stock, prices and shipments has no topic."""

ALWAYS = ""
"""Earlier than every moment, also than one by a clock that was put back."""


class Site:
    """One running site. Close it; nothing is lost when it is killed instead."""

    def __init__(self, settings: SiteSettings) -> None:
        self.settings = settings
        self.store = Store(settings.data)
        db = self.store.db
        self.resources = Resources(db)
        self.trail = Trail(db)
        self.auth = Auth(db, settings)
        self.answers = Answers(db)
        self.subscriptions = Subscriptions(db)
        self.outbox = Outbox(db, self.subscriptions, site=settings.site, retry_scale=settings.retry_scale)
        self.limits = Limits(settings.rate_per_s, settings.burst)
        self.faults = Faults()
        self.woken = asyncio.Event()
        self._last_stamp = datetime.min.replace(tzinfo=UTC)
        self._subscribe_at_start()

    def now(self) -> datetime:
        """The moment as this site sees it; the fault `clock_skew` puts it off."""
        return datetime.now(UTC) + timedelta(seconds=self.faults.value(FaultName.CLOCK_SKEW))

    def visible_at(self, hidden_s: float = 0.0) -> str:
        """The moment that decides which rows can be read; never skewed. Most can be from their commit on."""
        return to_text(datetime.now(UTC) + timedelta(seconds=hidden_s))

    def stamp(self) -> str:
        """The time of one transaction's changes.

        Later than that of every transaction before, because a walk that has passed a time would skip a row that was
        committed under the same one; only a clock that is put back starts again from there.
        """
        now = self.now()
        behind = self._last_stamp - now
        self._last_stamp = now if behind > timedelta(seconds=1) else max(now, self._last_stamp + _MILLISECOND)
        return to_text(self._last_stamp)

    def read(self, kind: str, resource_id: str) -> Resource:
        """The latest version; raises `Problem` 404 when there is none to be seen, 410 when it was deleted."""
        found = self.resources.get(kind, resource_id, visible_at=self.visible_at())
        if found.deleted_at:
            raise Problem(410, "gone", f"{kind} {resource_id!r} was deleted at {found.deleted_at}")
        return found

    def create(
        self,
        kind: str,
        resource_id: str,
        body: JsonObject,
        *,
        at: str,
        treatment: Treatment = Treatment.DELIVER,
        delay_s: float = 0.0,
        hidden_s: float = 0.0,
    ) -> Resource:
        """A new resource with its `created` event. `hidden_s` delays its reading, not its event."""
        visible_at = self.visible_at(hidden_s) if hidden_s else ALWAYS
        filled = {"siteId": self.settings.site, "externalRefs": [], **body}
        created = self.resources.insert(kind, resource_id, filled, at=at, visible_at=visible_at)
        self._announce("created", created, at, treatment, delay_s)
        return created

    def change(
        self,
        old: Resource,
        body: JsonObject,
        *,
        at: str,
        treatment: Treatment = Treatment.DELIVER,
        delay_s: float = 0.0,
        is_deleted: bool = False,
        mails: bool = True,
    ) -> Resource:
        """The next version with its event, and (if `mails`) a mail to the shopper when an order's status moves."""
        new = self.resources.change(old, body, at=at, deleted_at=at if is_deleted else None)
        moved = old.kind == ORDER and old.body.get("status") != new.body.get("status")
        if moved and mails:
            mail = {"status": new.body["status"], "version": new.version}
            self.trail.add(new.id, MAIL, str(new.version), mail, at=at)
        is_cancelled = moved and new.body["status"] == "Cancelled"
        action = "deleted" if is_deleted else "cancelled" if is_cancelled else "updated"
        self._announce(action, new, at, treatment, delay_s)
        return new

    def announce_payment(self, order: Resource, *, captured: bool, treatment: Treatment, delay_s: float) -> None:
        """Tells that money of an order was captured or given back, beside the change of the order itself."""
        self._announce(CAPTURED if captured else REFUNDED, event_of(order), order.updated_at, treatment, delay_s)

    def _announce(self, action: str, resource: Resource, at: str, treatment: Treatment, delay_s: float) -> None:
        topic = f"{resource.kind}.{action}"
        if topic not in _TOPICS:
            return
        self.outbox.announce(topic, resource, at=at, treatment=treatment, delay_s=delay_s)
        # The sender runs on this same loop, so it looks only after the transaction has ended.
        self.woken.set()

    def _subscribe_at_start(self) -> None:
        url, settings = self.settings.webhook_url, self.settings
        if url:
            self.subscriptions.add(
                url,
                ["*"],
                mode=settings.webhook_mode,
                secret=settings.webhook_secret,
                at=to_text(self.now()),
                subscription_id="wh_start",
            )

    def close(self) -> None:
        """Gives the store back."""
        self.store.close()
