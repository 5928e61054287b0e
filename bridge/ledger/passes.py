"""How far the reading of one flow has come in one lane: a pass is cut at any page and goes on from there."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select, update

from bridge.ledger import schema
from bridge.ledger.store import insert_new


@dataclass(frozen=True)
class Pass:
    """The pass of a flow. `reached` is up to when all was read; the others are None when no pass is under way.

    A pass reads what was changed from `since` on (None is everything) and has come to `position`.
    """

    reached: datetime | None = None
    began_at: datetime | None = None
    since: datetime | None = None
    position: str | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether a pass was begun and not finished."""
        return self.began_at is not None

    def at(self, position: str | None) -> "Pass":
        """The pass once a page is done: at this position, or over, and what it began at is reached."""
        return Pass(self.began_at) if position is None else replace(self, position=position)


def present_pass(connection: Connection, lane: str, flow: str) -> Pass:
    """The pass as it stands; before the first one, nothing was reached."""
    columns = schema.reading_pass.c
    row = connection.execute(
        select(columns.reached, columns.began_at, columns.since, columns.position).where(_mine(lane, flow))
    ).one_or_none()
    return Pass(*row) if row else Pass()


def note_page(connection: Connection, lane: str, flow: str, run: Pass, *, position: str | None, now: datetime) -> Pass:
    """Notes that a page is committed; `position` None ends the pass, and what it began at is reached.

    A clock that was ahead may have moved `reached` too far: a pass that begins earlier moves it back.
    """
    left = run.at(position)
    connection.execute(insert_new(connection, schema.reading_pass).values(lane=lane, flow=flow, updated_at=now))
    values = {"reached": left.reached, "began_at": left.began_at, "since": left.since, "position": left.position}
    connection.execute(update(schema.reading_pass).where(_mine(lane, flow)).values(**values, updated_at=now))
    return left


def begin_from(connection: Connection, lane: str, flow: str, moment: datetime, *, now: datetime) -> bool:
    """Lets a flow that was never read begin with what was changed from a moment on; whether it had never been read.

    For one whose beginnings are read another way. A second call changes nothing.
    """
    run = present_pass(connection, lane, flow)
    is_first = run.reached is None and not run.is_under_way
    if is_first:
        note_page(connection, lane, flow, Pass(began_at=moment), position=None, now=now)
    return is_first


def begin_again(connection: Connection, lane: str, flow: str) -> None:
    """Forgets how far a flow was read: its next pass reads everything, and one under way is not gone on with."""
    connection.execute(delete(schema.reading_pass).where(_mine(lane, flow)))


def note_seen(connection: Connection, lane: str, flow: str, value: str, *, now: datetime) -> bool:
    """Notes what a thing was seen to be, under a name of its own; whether that is news. The same again is none."""
    is_news = present_pass(connection, lane, flow).position != value
    if is_news:
        connection.execute(insert_new(connection, schema.reading_pass).values(lane=lane, flow=flow, updated_at=now))
        changed = update(schema.reading_pass).where(_mine(lane, flow)).values(position=value, updated_at=now)
        connection.execute(changed)
    return is_news


def read_again(connection: Connection, lane: str, flow: str, since: datetime | None, *, now: datetime) -> None:
    """Has each of the flow's passes begin anew, over what was changed since a moment, or over everything.

    A pass under way is given up, and what it has kept stays. A flow that was never read reads everything anyway.
    """
    anew = {"began_at": now, "since": since, "position": None, "updated_at": now}
    connection.execute(update(schema.reading_pass).where(_passes_of(lane, flow)).values(**anew))


def is_being_read(connection: Connection, lane: str, flow: str) -> bool:
    """Whether one of the flow's passes is under way, or it was never read and will be."""
    began = connection.execute(select(schema.reading_pass.c.began_at).where(_passes_of(lane, flow))).scalars().all()
    return not began or any(began)


def _passes_of(lane: str, flow: str) -> ColumnElement[bool]:
    """The flow's passes over each kind; neither those that stand beside them nor notes, which reach no time."""
    columns = schema.reading_pass.c
    of_flow = (columns.lane == lane) & columns.flow.like(f"{flow}/%") & columns.flow.not_like(f"{flow}/%/%")
    return of_flow & (columns.reached.is_not(None) | columns.began_at.is_not(None))


def _mine(lane: str, flow: str) -> ColumnElement[bool]:
    columns = schema.reading_pass.c
    return (columns.lane == lane) & (columns.flow == flow)
