"""Takes events over into the ledger: each checked and deduplicated on its own, one commit for all of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from bridge.ledger import schema
from bridge.ledger.arrivals import Arrival, misfit, misfit_letter
from bridge.ledger.dead import DeadMessage, bury_message
from bridge.ledger.log import note
from bridge.ledger.moves import IDENTITY, Identity, New, Step, create_all, find, hold, identity_of, move, revise
from bridge.ledger.rows import Record
from bridge.ledger.store import Database, insert_new
from bridge.ports.erp import ORDER
from bridge.shown import SHOWN
from bridge.states import State

REREAD = "reread"
"""The condition of a record that waits for its document to be read again."""

_GIVEN_UP = frozenset({State.CANCELLED, State.DISCARDED})


@dataclass(frozen=True)
class Taken:
    """What one batch came to: events new to the ledger, repeats, and messages nobody can read."""

    new: int = 0
    repeats: int = 0
    unreadable: int = 0


@dataclass(frozen=True)
class _Kept:
    """An arrival whose event is new to the ledger, with the event's row."""

    arrival: Arrival
    row_id: int


def take(
    database: Database, arrivals: Sequence[Arrival], unreadable: Sequence[DeadMessage], *, by: str, now: datetime
) -> Taken:
    """Commits a batch of events. The same batch again, or in two intakes at once, changes nothing more.

    An event whose columns are too long for the ledger rests as a dead letter and holds up no other.
    """
    misfits = {index: text for index, arrival in enumerate(arrivals) if (text := misfit(arrival))}
    fitting = [arrival for index, arrival in enumerate(arrivals) if index not in misfits]
    letters = [*unreadable, *(misfit_letter(arrivals[index], text) for index, text in misfits.items())]
    with database.write() as connection:
        kept = _keep_events(connection, fitting, now)
        _want_records(connection, kept, by, now)
        for message in sorted(letters, key=lambda message: message.origin):
            bury_message(connection, message, now)
        _note_taken(connection, kept, len(fitting) - len(kept), letters)
    return Taken(new=len(kept), repeats=len(fitting) - len(kept), unreadable=len(letters))


def _note_taken(connection: Connection, kept: Sequence[_Kept], repeats: int, letters: Sequence[DeadMessage]) -> None:
    """Which event spoke of which document, place by place in two lists."""
    if kept:
        events, ids = [each.arrival.event.event_id for each in kept], [each.arrival.source_id for each in kept]
        note(connection, "events_taken", count=len(kept), repeats=repeats, events=events, ids=ids)
    for letter in letters:
        note(connection, "message_unreadable", is_loud=True, origin=letter.origin)


def _keep_events(connection: Connection, arrivals: Sequence[Arrival], now: datetime) -> list[_Kept]:
    """Keeps raw events, in an order that every intake shares; those that are kept already (same body) are left out."""
    rows = {_key_of(row): (row, arrival) for arrival in reversed(arrivals) for row in [_row_of(arrival, now)]}
    if not rows:
        return []
    columns = schema.event.c
    made = connection.execute(
        insert_new(connection, schema.event).returning(
            columns.id, columns.connection, columns.event_id, columns.body_hash
        ),
        [rows[key][0] for key in sorted(rows)],
    )
    kept = [_Kept(rows[row.connection, row.event_id, row.body_hash][1], row.id) for row in made]
    return sorted(kept, key=lambda each: each.row_id)


def _row_of(arrival: Arrival, now: datetime) -> dict[str, Any]:
    event = arrival.event
    return {
        "connection": event.connection,
        "event_id": event.event_id,
        "body_hash": sha256(event.body).hexdigest(),
        "topic": event.topic,
        "source": event.source,
        "resource_id": arrival.source_id,
        "resource_version": arrival.version,
        "body": event.body,
        "received_at": event.received_at,
        "taken_at": now,
    }


def _key_of(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["connection"], row["event_id"], row["body_hash"]


def _want_records(connection: Connection, kept: Sequence[_Kept], by: str, now: datetime) -> None:
    """Makes the records that are new, then tells the others; events of no document stay raw."""
    groups: defaultdict[Identity, list[_Kept]] = defaultdict(list)
    for each in kept:
        if each.arrival.document:
            groups[_identity_of(each.arrival)].append(each)
    news = [
        _new(identity, [each.arrival for each in groups[identity]])
        for identity in sorted(groups)
        if any(each.arrival.makes_record for each in groups[identity])
    ]
    made = {identity_of(record): record.id for record in create_all(connection, news, now=now, by=by)}
    found = {identity: find(connection, identity) for identity in groups if identity not in made}
    known = {record.id: groups[identity] for identity, record in found.items() if record is not None}
    _link(connection, {record_id: groups[identity] for identity, record_id in made.items()} | known)
    for record_id in sorted(known):
        _want(connection, hold(connection, record_id), [each.arrival for each in known[record_id]], by, now)


def _link(connection: Connection, groups: Mapping[int, Sequence[_Kept]]) -> None:
    """Notes at each event which record it speaks of."""
    spoken = update(schema.event).where(schema.event.c.id == bindparam("its_id")).values(record_id=bindparam("its"))
    rows = [{"its_id": each.row_id, "its": record_id} for record_id, group in groups.items() for each in group]
    if rows:
        connection.execute(spoken, rows)


def _identity_of(arrival: Arrival) -> Identity:
    return arrival.event.connection, arrival.site, arrival.document, arrival.source_id, arrival.lane


def _new(identity: Identity, arrivals: Sequence[Arrival]) -> New:
    event = arrivals[0].event
    columns = {
        **dict(zip(IDENTITY, identity, strict=True)),
        "wanted_version": max(arrival.version for arrival in arrivals),
        "needs_read": True,
        "read_from": _earliest([arrival.read_from for arrival in arrivals]),
    }
    return New(f"{event.source}: {event.topic} {event.event_id}", columns)


def _want(connection: Connection, record: Record, arrivals: Sequence[Arrival], by: str, now: datetime) -> None:
    """Stores a newer wanted version at once, whatever the record is doing; what is in flight looks at it later.

    What a storefront is shown has versions of its own: it is only to be compared with what is there by now.
    """
    if record.document in SHOWN:
        if record.state not in _GIVEN_UP:
            revise(connection, record, {"needs_read": True}, now)
        return
    version = max(arrival.version for arrival in arrivals)
    rereads = any(arrival.rereads for arrival in arrivals)
    if version <= record.wanted_version and not rereads and not _tells_another_story(connection, record, arrivals):
        return
    version = max(version, record.wanted_version)
    changes: dict[str, object] = {"wanted_version": version}
    if record.state not in _GIVEN_UP:
        so_far = [record.read_from] if record.needs_read else []
        changes["needs_read"] = True
        changes["read_from"] = _earliest([*so_far, *(arrival.read_from for arrival in arrivals)])
    if record.state is State.READY:
        why = f"version {version} is wanted, read again first"
        move(connection, record, Step(State.HELD, why, by, changes={**changes, "condition": REREAD}), now)
        return
    revise(connection, record, changes, now)


def _tells_another_story(connection: Connection, record: Record, arrivals: Sequence[Arrival]) -> bool:
    """Whether one of these events is known by the same id with another body, so that only a re-read decides."""
    columns = schema.event.c
    ids = [arrival.event.event_id for arrival in arrivals]
    twice = (
        select(columns.event_id)
        .where(columns.connection == record.connection, columns.event_id.in_(ids))
        .group_by(columns.event_id)
        .having(func.count() > 1)
        .limit(1)
    )
    return record.document == ORDER and connection.execute(twice).first() is not None


def _earliest(moments: Sequence[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
