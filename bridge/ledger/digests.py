"""Which digest was sent to whom: taken before it is told, so that two who tell at once tell it once."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, update

from bridge.ledger.schema_alarms import digest_told
from bridge.ledger.store import upsert

REST = timedelta(minutes=10)
"""After so long one that was taken and not told is taken again: its teller was refused, or died."""


def take(connection: Connection, day: date, target: str, now: datetime) -> bool:
    """Whether it is the caller who tells this day's digest to this target now; False once it was told."""
    known = digest_told.c
    taken = upsert(connection, digest_told).values(day=day.isoformat(), target=target, taken_at=now)
    again = known.told_at.is_(None) & (known.taken_at <= now - REST)
    mine = taken.on_conflict_do_update(index_elements=[known.day, known.target], set_={"taken_at": now}, where=again)
    return connection.execute(mine.returning(known.target)).first() is not None


def note_told(connection: Connection, day: date, target: str, now: datetime) -> None:
    """The digest has arrived; it is not told again. Twice is the same as once."""
    known = digest_told.c
    is_it = (known.day == day.isoformat()) & (known.target == target) & known.told_at.is_(None)
    connection.execute(update(digest_told).where(is_it).values(told_at=now))
