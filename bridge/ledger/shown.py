"""What a storefront is shown, as records: seen in the ERP, sent when it differs from what was sent last.

The newest value wins at every point: it replaces one that waits, it stands beside one that is under way and follows it,
and it takes a confirmed record out of its rest.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, func, select

from bridge.errors import IllegalMove
from bridge.ledger import schema
from bridge.ledger.alarms import raise_alarm
from bridge.ledger.claims import Batch
from bridge.ledger.dead import close
from bridge.ledger.moves import Step, create, hold, hold_all, move, renew, revise
from bridge.ledger.rows import NO_REASON, Reason, Record, record_of
from bridge.ledger.store import Database
from bridge.outcomes import Urgency
from bridge.shown import SHOWN, Shown
from bridge.states import IN_FLIGHT, NEEDS_PERSON, State

_BEHIND_SHIPMENTS = timedelta(seconds=20)

_GIVEN_UP = frozenset({State.CANCELLED, State.DISCARDED})
"""A person has said that this is not to be shown; no newer value changes that."""


@dataclass(frozen=True)
class Shelf:
    """Where things are shown: one document at one site, its lane (`showing_lane`) and the priority of its records."""

    connection: str
    site: str
    document: str
    lane: str
    priority: int = 5


@dataclass(frozen=True)
class Seen:
    """One thing as the ERP had it at `as_of`. `content` is the document as JSON; equal texts are equal things.

    `remark` is for people: it stands with the record and is not sent. `rests` is how long it waits before it is sent.
    Another `occasion` makes an equal thing go out again: something has happened that may have changed it at the site.
    """

    key: str
    content: str
    as_of: datetime
    parent_id: int | None = None
    order_number: str | None = None
    remark: str | None = None
    rests: timedelta = timedelta(0)
    occasion: str = ""

    @property
    def content_hash(self) -> str:
        """Tells one value from another."""
        return sha256((self.content + self.occasion).encode()).hexdigest()


@dataclass(frozen=True)
class Observed:
    """What became of the things that were seen. `stale` are older than what the ledger knows.

    `by_occasion` counts those of the changed ones that are equal to what they were, and go out again all the same.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    stale: int = 0
    by_occasion: int = 0

    def __add__(self, other: "Observed") -> "Observed":
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Observed(*(mine + theirs for mine, theirs in pairs))


def look(connection: Connection, shelf: Shelf, seen: Sequence[Seen]) -> Observed:
    """What `observe` would make of these things. Changes nothing."""
    known = _known(connection, shelf, [each.key for each in seen])
    fates = Counter(_fate(known.get(each.key), each) for each in seen)
    return Observed(**fates, by_occasion=sum(_is_by_occasion(known.get(each.key), each) for each in seen))


def _is_by_occasion(record: Record | None, seen: Seen) -> bool:
    return record is not None and _fate(record, seen) == "changed" and record.content == seen.content


def _fate(record: Record | None, seen: Seen) -> str:
    """What becomes of one thing, as a field of `Observed`."""
    if record is None:
        return "new"
    if record.as_of and seen.as_of < record.as_of:
        return "stale"
    is_same = record.state in _GIVEN_UP or record.content_hash == seen.content_hash
    return "unchanged" if is_same else "changed"


def observe(connection: Connection, shelf: Shelf, seen: Sequence[Seen], *, by: str, now: datetime) -> Observed:
    """Takes what was seen; what did not change costs no write. The same again changes nothing."""
    if shelf.document not in SHOWN:
        raise IllegalMove(f"{shelf.document} is no document that a storefront is shown")
    known = _known(connection, shelf, [each.key for each in seen])
    fates: Counter[str] = Counter()
    for each in seen:
        record = known.get(each.key)
        fates["by_occasion"] += _is_by_occasion(record, each)
        if record is None:
            _begin(connection, shelf, each, by, now)
            fates["new"] += 1
        else:
            fates[_take(connection, record, each, by, now)] += 1
    return Observed(**fates)


def _take(connection: Connection, record: Record, seen: Seen, by: str, now: datetime) -> str:
    """Takes one thing that is known; what became of it, as a field of `Observed`."""
    fate = _fate(record, seen)
    if fate == "changed":
        _replace(connection, hold(connection, record.id), seen, by, now)
    elif fate == "unchanged" and record.flags != seen.remark and record.state not in _GIVEN_UP:
        revise(connection, record, {"flags": seen.remark}, now)
    return fate


def _known(connection: Connection, shelf: Shelf, keys: Sequence[str]) -> dict[str, Record]:
    columns = schema.record.c
    rows = connection.execute(
        select(schema.record).where(
            columns.connection == shelf.connection, columns.document == shelf.document,
            columns.source_id.in_(keys), columns.site == shelf.site, columns.lane == shelf.lane,
        )
    )  # fmt: skip
    return {record.source_id: record for record in map(record_of, rows)}


def _begin(connection: Connection, shelf: Shelf, seen: Seen, by: str, now: datetime) -> None:
    made = create(
        connection, now=now, by=by, why="seen in the ERP", connection_name=shelf.connection, site=shelf.site,
        document=shelf.document, source_id=seen.key, lane=shelf.lane, priority=shelf.priority,
        parent_id=seen.parent_id, order_number=seen.order_number, due_at=now + seen.rests, **_value(seen),
    )  # fmt: skip
    if made is not None:
        move(connection, made, Step(State.READY, "to be shown", by), now)


def _value(seen: Seen) -> dict[str, Any]:
    return {
        "content": seen.content, "content_hash": seen.content_hash, "as_of": seen.as_of, "flags": seen.remark,
    }  # fmt: skip


def _replace(connection: Connection, record: Record, seen: Seen, by: str, now: datetime) -> None:
    """The newer value. What waits for a person or for a condition gets another chance with it."""
    changes: dict[str, Any] = {**_value(seen), "wanted_version": record.wanted_version + 1}
    if record.state is State.READY or record.state in IN_FLIGHT:
        rests = {"due_at": max(record.due_at, now + seen.rests)} if seen.rests else {}
        revise(connection, record, {**changes, **rests}, now)
        return
    if record.state in NEEDS_PERSON:
        close(connection, record.id, by=by, why="the ERP has a newer value", now=now)
    afresh = {**NO_REASON, **changes, "failures": 0, "due_at": now + seen.rests}
    step = Step(State.READY, "the ERP has a newer value", by, changes=afresh)
    if record.state is State.CONFIRMED:
        renew(connection, record, step, now)
    else:
        move(connection, record, step, now)


def begin_showing(database: Database, batch: Batch, *, by: str, now: datetime) -> tuple[Record, ...]:
    """Commits WRITING for every record of the batch, each with the value that goes out, before anything is sent.

    A status waits for the shipments of its order, for a site moves the order when it learns of one.
    """
    columns = schema.record.c
    mine = (columns.batch_id == batch.id) & (columns.state == State.CLAIMED.value)
    with database.write() as connection:
        going = []
        for record in hold_all(connection, mine):
            if record.document == Shown.STATUS and _has_shipments_to_go(connection, record):
                later = {"due_at": now + _BEHIND_SHIPMENTS, "batch_id": None}
                move(connection, record, Step(State.READY, "a shipment goes first", by, changes=later), now)
                continue
            changes = {
                "version": record.wanted_version, "mapped": record.content, "writes_begun": record.writes_begun + 1,
            }  # fmt: skip
            going.append(move(connection, record, Step(State.WRITING, "request goes out", by, changes=changes), now))
        return tuple(going)


def find_shown(connection: Connection, of: Record, document: str, lane: str) -> Record | None:
    """What is shown of the thing that a record stands for, under its own id at its own site; None when nothing is."""
    record = find_at(connection, of.connection, of.site, document, of.source_id)
    return record if record and record.lane == lane else None


def find_at(connection: Connection, name: str, site: str, document: str, key: str) -> Record | None:
    """What is shown at a site of a storefront connection under this key; None when nothing is."""
    columns = schema.record.c
    mine = (columns.connection == name) & (columns.site == site) & (columns.source_id == key)
    row = connection.execute(select(schema.record).where(mine, columns.document == document)).one_or_none()
    return record_of(row) if row else None


def show_again(connection: Connection, record: Record, why: str, *, by: str, now: datetime) -> Record:
    """Makes what is confirmed ready again with the value it has; raises `LostRace`, `IllegalMove`."""
    changes = {**NO_REASON, "wanted_version": record.wanted_version + 1, "failures": 0, "due_at": now}
    return renew(connection, record, Step(State.READY, why, by, changes=changes), now)


def note_compared(connection: Connection, record: Record, now: datetime) -> None:
    """Notes that what a site told of was looked at; raises `LostRace`.

    What is sent just then needs no look: sending it ends the wish for one too.
    """
    revise(connection, record, {"needs_read": False}, now)


def give_to_person(connection: Connection, record: Record, reason: Reason, *, by: str, now: datetime) -> None:
    """Takes what is confirmed to REVIEW with an alarm; a newer value, or a replay, shows it again."""
    ready = show_again(connection, record, reason.text, by=by, now=now)
    held = move(connection, ready, Step(State.HELD, reason.text, by), now)
    move(connection, held, Step(State.REVIEW, reason.text, by, changes=reason.columns()), now)
    text = f"{record.document} {record.source_id}: {reason.text}"
    raise_alarm(connection, f"review:{reason.fingerprint}"[:128], Urgency.NORMAL, text, now)


def was_told(connection: Connection, record: Record, why: str, *, since: datetime) -> bool:
    """Whether the journal of a record has a line with this reason since a moment."""
    columns = schema.move.c
    told = (columns.record_id == record.id) & (columns.why == why) & (columns.at >= since)
    return connection.execute(select(columns.id).where(told).limit(1)).first() is not None


def _has_shipments_to_go(connection: Connection, status: Record) -> bool:
    columns = schema.record.c
    siblings = (columns.parent_id == status.parent_id) & (columns.document == Shown.SHIPMENT.value)
    under_way = columns.state.in_([state.value for state in (State.READY, *IN_FLIGHT)])
    return connection.execute(select(columns.id).where(siblings & under_way).limit(1)).first() is not None


def shipment_counts(connection: Connection, order_ids: Collection[int]) -> dict[int, int]:
    """How many shipments of each of these orders the ledger knows; orders without one are absent."""
    columns = schema.record.c
    mine = columns.parent_id.in_(order_ids) & (columns.document == Shown.SHIPMENT.value)
    return Counter(connection.execute(select(columns.parent_id).where(mine)).scalars())


def waiting_to_be_shown(connection: Connection, document: str) -> int:
    """How many things of a kind are on their way to their storefronts."""
    columns = schema.record.c
    lanes = select(columns.lane).where(columns.document == document).distinct()
    under_way = columns.state.in_([state.value for state in (State.READY, *IN_FLIGHT)])
    waiting = columns.lane.in_(lanes) & under_way & (columns.document == document)
    return connection.execute(select(func.count()).where(waiting)).scalar_one()
