"""What the fleet's tasks work with: every port, ready made. `workers.wiring` builds it; tasks reach it by their app."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.alarms.settings import SilenceSettings, WaitingSettings
from bridge.digest.plan import DigestPlan
from bridge.flows.registrations import Registration
from bridge.flows.settings import ReaderSettings
from bridge.flows.trial import Trial
from bridge.ledger.store import Database
from bridge.ports.clock import Clock
from bridge.ports.dead_letters import DeadLetterQueues
from bridge.ports.erp import Erp
from bridge.ports.events import Event, EventReader
from bridge.ports.observer import NO_OBSERVER, Observer
from bridge.ports.seats import ErpSessions, Seats
from bridge.ports.storefront import ReadOrder, Storefront
from bridge.seats.register import SeatRegister
from bridge.shown import Shown
from bridge.windows.calendar import LaneCalendar
from bridge.writing.settings import Preflight, WriterSettings

PRODUCT = "product"
"""What an event may be about beside the documents of `bridge.ports.erp`; its `source_id` is the SKU."""


@dataclass(frozen=True)
class Envelope:
    """What an event says of itself. `document` is None for a resource that no record is told of.

    One `of_part` speaks of something that belongs to the document, such as a payment of an order, and of no version of
    the document: that is read again, whatever version of it is known, and does not come to be by the event.
    """

    document: str | None
    source_id: str
    version: int
    site: str
    updated_at: datetime | None = None
    data: dict[str, Any] | None = None
    of_part: bool = False


@dataclass(frozen=True)
class Connection:
    """One configured storefront connection."""

    name: str
    storefront: Storefront
    lanes: Mapping[str, str]
    read_envelope: Callable[[Event], Envelope]
    read_body: Callable[[Mapping[str, Any]], ReadOrder]
    trusts_body: bool = False
    registrations: Mapping[str, Registration] = field(default_factory=dict)

    def lane_of(self, site: str) -> str | None:
        """The lane that a site's orders go to; None when the configuration names none."""
        return self.lanes.get(site)

    def registration_of(self, site: str) -> Registration:
        """What becomes of a site's new accounts; they are left alone unless the configuration says otherwise."""
        return self.registrations.get(site, Registration.IGNORE)


@dataclass(frozen=True)
class Lane:
    """One company of one ERP: when and how it is written and read.

    `settling`, `registering` (of accounts that register) and `views` (what flows back, as its storefronts see it) are
    what a mapping room made of its settings. `has_reader_seat` says that the budget leaves readers a seat when every
    writer of the system has one.
    """

    name: str
    erp: Erp
    seats: Seats
    calendar: LaneCalendar
    writer: WriterSettings
    preflight: Preflight
    settling: Any
    registering: Any = None
    views: Mapping[Shown, Any] = field(default_factory=dict)
    reading: ReaderSettings = field(default_factory=ReaderSettings)
    has_reader_seat: bool = False


@dataclass(frozen=True)
class SeatSystem:
    """One installation of an ERP: its seat counter, and its sessions as seen from outside."""

    name: str
    seats: SeatRegister
    sessions: ErpSessions


@dataclass(frozen=True)
class Fleet:
    """Every port of one process. `name` says which process it is, in leases and in the journal.

    With a `trial` everything that flows back is read and nothing of it is kept. `observer` hears what was done.
    """

    name: str
    database: Database
    clock: Clock
    events: EventReader
    dead_letters: DeadLetterQueues
    connections: Mapping[str, Connection] = field(default_factory=dict)
    lanes: Mapping[str, Lane] = field(default_factory=dict)
    systems: Mapping[str, SeatSystem] = field(default_factory=dict)
    silence: SilenceSettings = field(default_factory=SilenceSettings)
    waiting: WaitingSettings = field(default_factory=WaitingSettings)
    digest: DigestPlan | None = None
    trial: Trial | None = None
    observer: Observer = NO_OBSERVER

    def sharers(self, lane: str) -> dict[str, LaneCalendar]:
        """The calendars of every lane whose writers share the lane's seats: those of its system, itself included."""
        system = lane.partition(":")[0]
        return {name: each.calendar for name, each in self.lanes.items() if name.partition(":")[0] == system}
