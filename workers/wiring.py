"""The one place that names adapters: from settings to the ports that tasks work with."""

import os
import socket
from collections.abc import Mapping
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import redis

from bridge.digest.plan import DigestPlan
from bridge.erp.sage100.agent_client import SageAgentErp
from bridge.erp.sage100.agent_sessions import SageAgentSessions
from bridge.erp.sage100.dictionary import SageDictionary
from bridge.events.redis_client import open_client
from bridge.events.redis_stream import RedisEventReader
from bridge.fleet import Connection, Fleet, Lane, SeatSystem
from bridge.flows.registrations import Registration
from bridge.ledger.store import Database
from bridge.ports.clock import SystemClock
from bridge.ports.observer import NO_OBSERVER, Observer
from bridge.ports.roads import Road
from bridge.seats.observed import ObservedSeats
from bridge.seats.redis import RedisSeats
from bridge.shown import Shown
from bridge.storefront.clarity.envelope import read_envelope
from bridge.storefront.clarity.reader import DEFAULT_SITE, read_order
from bridge.storefront.clarity.site import ClaritySite
from bridge.writing.writer import PURPOSE as WRITER
from mappings.invoice import InvoiceView
from mappings.item import ItemView
from mappings.mapping_set import MappingSet
from mappings.preflight import SagePreflight
from mappings.price import PriceView
from mappings.receipt import ReceiptView
from mappings.registering import Registering
from mappings.settings import LaneMapping
from mappings.settling import Settling
from mappings.shipment import ShipmentView
from mappings.status import StatusView
from mappings.stock import StockView
from mappings.terms import TermsView
from workers.dead_queues import KombuDeadLetters
from workers.settings import ConnectionSettings, LaneSettings, Settings
from workers.watch.words import desk_url


def build_fleet(settings: Settings, role: str, observer: Observer = NO_OBSERVER) -> Fleet:
    """Every port of one process, connected lazily. Build it in the process that uses it, never before a fork."""
    shared = open_client(settings.broker.url.get_secret_value())
    name = f"{role}@{socket.gethostname()}:{os.getpid()}"
    systems = {
        each: SeatSystem(each, RedisSeats(shared, each, system.seats), SageAgentSessions(system.agent, each))
        for each, system in settings.systems.items()
    }
    return Fleet(
        name=name,
        database=Database(settings.ledger.url.get_secret_value()),
        clock=SystemClock(),
        events=RedisEventReader(shared, settings.broker.stream, consumer=name),
        dead_letters=KombuDeadLetters(settings.broker.url.get_secret_value()),
        connections={name: _connection(name, each, shared, observer) for name, each in settings.connections.items()},
        lanes=_lanes(settings, systems, observer),
        systems=systems,
        silence=settings.silence,
        waiting=settings.waiting,
        digest=_digest_plan(settings),
        observer=observer,
    )


def _digest_plan(settings: Settings) -> DigestPlan | None:
    """Who is sent the digest; None where nobody is. apprise is loaded by the worker that sends it, and by no other."""
    alerts = settings.alerts
    if alerts is None or not alerts.digest_targets:
        return None

    def opened() -> list[Road]:
        from workers.watch.roads import roads

        return list(roads("alerts.digest_targets", alerts.digest_targets))

    return DigestPlan(alerts.digest_at, ZoneInfo(alerts.time_zone), opened, desk_url(settings))


def _connection(name: str, settings: ConnectionSettings, shared: redis.Redis, observer: Observer) -> Connection:
    site = ClaritySite(settings.site, shared, partial(observer.storefront_call, name))
    site_id = settings.site.site_id or DEFAULT_SITE
    return Connection(
        name=name,
        storefront=site,
        lanes=settings.lanes,
        read_envelope=read_envelope,
        read_body=lambda body: read_order(body, site.profile, site_id=site_id),
        trusts_body=settings.trusts_body,
        registrations=settings.registrations,
    )


def _lanes(settings: Settings, systems: Mapping[str, SeatSystem], observer: Observer) -> dict[str, Lane]:
    roads = {
        name: SageAgentErp(system.agent, partial(observer.erp_call, name)) for name, system in settings.systems.items()
    }
    seats = {name: ObservedSeats(system.seats, observer) for name, system in systems.items()}
    lanes = {}
    for name, lane in settings.lanes.items():
        system = name.partition(":")[0]
        lanes[name] = Lane(
            name=name,
            erp=roads[system],
            seats=seats[system],
            calendar=lane.calendar,
            writer=lane.writer,
            preflight=SagePreflight(lane.rules),
            settling=settling_of(settings, name, lane),
            registering=registering_of(settings, name, lane),
            views=_views(name, lane),
            reading=lane.reading,
            has_reader_seat=_leaves_a_seat(settings, system),
        )
    return lanes


def _views(name: str, lane: LaneSettings) -> dict[Shown, Any]:
    """What flows back of a lane, by its document."""
    prices = PriceView(
        lane.mapping, lane.price, currency=lane.rules.currency, types=lane.item.types, overlays=lane.overlays
    )
    return {
        Shown.STOCK: StockView(lane.mapping, lane.stock, lane.overlays),
        Shown.ITEM: ItemView(lane.mapping, lane.item, lane.overlays),
        Shown.PRICE: prices,
        Shown.TERMS: TermsView(lane.mapping, lane.terms, lane.price.list_of),
        **_order_views(name, lane),
    }


def _order_views(name: str, lane: LaneSettings) -> dict[Shown, Any]:
    """What became of orders."""
    shipments = ShipmentView(name, lane.mapping, lane.shipments, lane.overlays)
    invoices = InvoiceView(name, lane.mapping, lane.rules.currency, lane.invoices, lane.overlays)
    return {
        Shown.STATUS: StatusView(lane.status, shipments, lane.overlays),
        Shown.SHIPMENT: shipments,
        Shown.INVOICE: invoices,
        Shown.RECEIPT: ReceiptView(lane.receipts, invoices, lane.overlays),
    }


def _leaves_a_seat(settings: Settings, system: str) -> bool:
    """Whether the budget has a seat for a reader when every writer of the system has one."""
    budget = settings.systems[system].seats
    writers = sum(lane.partition(":")[0] == system for lane in settings.lanes)
    return budget.total > min(writers, budget.per_purpose.get(WRITER, writers))


def settling_of(settings: Settings, name: str, lane: LaneSettings) -> Settling:
    """A lane's rules and mappings; raises `Misconfigured` naming file and line."""
    rules = _registrations(settings, name)
    approving = frozenset(place for place, rule in rules.items() if rule is Registration.APPROVE)
    return Settling(_mapping(settings, name, lane, lane.mapping), lane.rules, approving)


def registering_of(settings: Settings, name: str, lane: LaneSettings) -> Registering:
    """How a lane takes accounts that register; raises as above."""
    terms_code = lane.mapping.provisional_terms_code or lane.mapping.terms_code
    provisional = lane.mapping.model_copy(update={"terms_code": terms_code})
    ordinary, others = (_mapping(settings, name, lane, codes) for codes in (lane.mapping, provisional))
    return Registering(ordinary, others, _registrations(settings, name))


def _mapping(settings: Settings, name: str, lane: LaneSettings, codes: LaneMapping) -> MappingSet:
    system = settings.systems[name.partition(":")[0]]
    dictionary = SageDictionary.load(system.version, system.widths)
    return MappingSet.load(codes, dictionary, lane.overlays)


def _registrations(settings: Settings, lane: str) -> dict[tuple[str, str], Registration]:
    """The rule of each connection's site whose orders go to this lane, where it has one."""
    return {
        (name, site): rule
        for name, connection in settings.connections.items()
        for site, rule in connection.registrations.items()
        if connection.lanes[site] == lane
    }
