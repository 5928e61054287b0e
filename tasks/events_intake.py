"""Takes the stream's events over into the ledger, in batches."""

from collections.abc import Sequence

from celery import shared_task

from bridge.events.wire import Unreadable, parse_entry
from bridge.fleet import PRODUCT, Connection, Envelope, Fleet
from bridge.flows.registrations import Registration
from bridge.ledger.arrivals import Arrival
from bridge.ledger.dead import DeadMessage
from bridge.ledger.intake import take
from bridge.ports.erp import CUSTOMER
from bridge.ports.events import Entry, Event
from bridge.shown import Shown, showing_lane
from tasks import fleet, nudge

BATCH = 500
ROUNDS = 40
"""Batches one message may take, so that a long backlog cannot keep a worker from a warm stop."""


@shared_task(name="events.intake")
def intake() -> int:
    """Reads the consumer group's entries, commits each batch once, and only then removes them. How many were new.

    An entry that nobody can read becomes a dead letter and holds up no other. Twice, or in two workers at once, the
    ledger's unique keys let each event in once.
    """
    ports, new = fleet(), 0
    for _ in range(ROUNDS):
        entries = ports.events.read(BATCH)
        if not entries:
            break
        arrivals, unreadable = sort(ports, entries)
        taken = take(ports.database, arrivals, unreadable, by=ports.name, now=ports.clock.now())
        ports.events.remove([entry.id for entry in entries])
        ports.observer.arrivals(len(arrivals), len(unreadable), _lag_s(ports, arrivals))
        new += taken.new
        for connection in {arrival.event.connection for arrival in arrivals}:
            nudge("documents.read", connection)
        for connection, document in sorted({(each.event.connection, each.document) for each in arrivals}):
            if document == CUSTOMER:
                nudge("customers.read", connection)
            if document == Shown.ITEM:
                nudge("products.read", connection)
    return new


def _lag_s(ports: Fleet, arrivals: Sequence[Arrival]) -> float:
    """How long the oldest of them was on its way from the door into the ledger; 0 where two machines' clocks differ."""
    now = ports.clock.now()
    return max([0.0, *((now - arrival.event.received_at).total_seconds() for arrival in arrivals)])


def sort(ports: Fleet, entries: Sequence[Entry]) -> tuple[list[Arrival], list[DeadMessage]]:
    """What can be taken over, and what nobody can read with the reason."""
    arrivals: list[Arrival] = []
    unreadable: list[DeadMessage] = []
    for entry in entries:
        event = parse_entry(entry)
        if isinstance(event, Unreadable):
            body = b"\n".join(key + b": " + value for key, value in sorted(entry.fields.items()))
            unreadable.append(DeadMessage(f"stream:{entry.id}", event.reason, body))
            continue
        try:
            arrivals.append(arrival_of(ports, event))
        except Exception as fault:  # whatever one event does to its reader, it must not hold up those behind it
            origin = f"event:{event.connection}:{event.event_id}:{entry.id}"
            unreadable.append(DeadMessage(origin, str(fault) or repr(fault), event.body))
    return arrivals, unreadable


def arrival_of(ports: Fleet, event: Event) -> Arrival:
    """The event with its envelope and lane; raises `ValueError` naming what is wrong and the way out."""
    connection = ports.connections.get(event.connection)
    if connection is None:
        known = ", ".join(sorted(ports.connections)) or "none"
        raise ValueError(f"connection {event.connection!r} is not configured (known: {known})")
    envelope = connection.read_envelope(event)
    document = _heard_by(connection, envelope)
    if not document:
        return Arrival(event, "", envelope.source_id, envelope.version, envelope.site, "")
    if document == Shown.ITEM:
        lane = showing_lane(event.connection, document)
        return Arrival(event, document, envelope.source_id, envelope.version, envelope.site, lane, makes_record=False)
    if (target := connection.lane_of(envelope.site)) is None:
        raise ValueError(
            f"siteId {envelope.site!r} has no lane: add it under [connections.{event.connection}.lanes], then replay"
        )
    is_ignored = connection.registration_of(envelope.site) is Registration.IGNORE
    return Arrival(
        event, document, envelope.source_id, envelope.version, envelope.site, target, envelope.updated_at,
        makes_record=not envelope.of_part and (document != CUSTOMER or not is_ignored), rereads=envelope.of_part,
    )  # fmt: skip


def _heard_by(connection: Connection, envelope: Envelope) -> str:
    """The document whose record is told of an event.

    Empty where nothing follows from it: nobody serves its site, or it is of a kind that nobody reads there.
    """
    is_served = connection.lane_of(envelope.site) is not None
    if envelope.document == PRODUCT:
        return Shown.ITEM.value if is_served and not connection.trusts_body else ""
    if envelope.document == CUSTOMER and not is_served:
        return ""
    return envelope.document or ""
