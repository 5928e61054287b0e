"""How far the reading of one flow has come in one lane: a pass is cut at any page and goes on from there."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, update

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
    left = Pass(run.began_at) if position is None else Pass(run.reached, run.began_at, run.since, position)
    connection.execute(insert_new(connection, schema.reading_pass).values(lane=lane, flow=flow, updated_at=now))
    values = {"reached": left.reached, "began_at": left.began_at, "since": left.since, "position": left.position}
    connection.execute(update(schema.reading_pass).where(_mine(lane, flow)).values(**values, updated_at=now))
    return left


def _mine(lane: str, flow: str) -> ColumnElement[bool]:
    columns = schema.reading_pass.c
    return (columns.lane == lane) & (columns.flow == flow)
