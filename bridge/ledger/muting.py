"""Silences that people lay on alarms: kept with who and why, and over by themselves."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from bridge.alarms.muting import LONGEST, Mute, checked
from bridge.errors import Refused
from bridge.ledger.schema_alarms import alarm_mute


def lay(connection: Connection, mute: Mute) -> None:
    """Silences what the pattern names until its end. One that lasts under the same pattern is replaced.

    Raises `Refused` for a pattern that names no kind of alarm, an end that is not in the next 31 days, or no reason.
    """
    checked(mute)
    _end(connection, mute.pattern, by=mute.by, why=mute.why, now=mute.since)
    values = {"pattern": mute.pattern, "since": mute.since, "until": mute.until, "by": mute.by, "why": mute.why}
    connection.execute(insert(alarm_mute).values(**values))


def lift(connection: Connection, pattern: str, *, by: str, why: str, now: datetime) -> None:
    """Ends a silence before its time. Raises `Refused` when none lasts under this very pattern, as the second time."""
    if not why.strip():
        raise Refused("ending a silence needs a reason: say why with --why", field="why", value=why)
    if not _end(connection, pattern, by=by, why=why, now=now):
        text = f"no silence of {pattern!r} lasts; `tidegate alarm list` shows those that do"
        raise Refused(text, field="key", value=pattern)


def _end(connection: Connection, pattern: str, *, by: str, why: str, now: datetime) -> bool:
    lasts = (alarm_mute.c.pattern == pattern) & (alarm_mute.c.until > now)
    ended = {"until": now, "ended_by": by, "ended_why": why}
    return bool(connection.execute(update(alarm_mute).where(lasts).values(**ended)).rowcount)


def mutes(connection: Connection, now: datetime) -> Sequence[Mute]:
    """The silences that last, and those that ended in the last 31 days; the oldest first."""
    known = alarm_mute.c
    rows = connection.execute(
        select(known.pattern, known.since, known.until, known.by, known.why)
        .where(known.until > now - LONGEST)
        .order_by(known.id)
    )
    return [Mute(**row._mapping) for row in rows]
