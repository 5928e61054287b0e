"""Looks whether as many orders come as are expected, and keeps one alarm for each connection that is too quiet."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from bridge.alarms.traffic import Traffic
from bridge.ledger import schema
from bridge.ledger.alarms import close_alarm, raise_alarm
from bridge.ledger.store import Database
from bridge.outcomes import Urgency
from bridge.ports.erp import ORDER

_HOUR, _WEEK, _WEEKS = timedelta(hours=1), timedelta(weeks=1), 4


def watch_traffic(database: Database, connections: Iterable[str], *, now: datetime) -> int:
    """Raises `traffic:<connection>` where too few new orders came in the last hour, closes the others; how many are.

    Says nothing of a connection whose first order came less than a week ago. Twice is the same as once.
    """
    with database.read() as connection:
        found = {name: traffic(connection, name, now) for name in connections}
    with database.write() as connection:
        for name, one in found.items():
            if one.is_too_quiet:
                raise_alarm(connection, f"traffic:{name}", Urgency.HIGH, _in_words(name, one), now)
            else:
                close_alarm(connection, f"traffic:{name}", now)
    return sum(one.is_too_quiet for one in found.values())


def traffic(connection: Connection, name: str, now: datetime) -> Traffic:
    """The orders that a connection brought in the last hour, and in the same hour of up to four weeks before."""
    columns = schema.record.c
    mine = (columns.connection == name) & (columns.document == ORDER)
    hours = [now - n * _WEEK for n in range(_WEEKS + 1)]
    counts = [
        select(func.count()).where(mine, columns.created_at > end - _HOUR, columns.created_at <= end).scalar_subquery()
        for end in hours
    ]
    first_at = select(func.min(columns.created_at)).where(mine).scalar_subquery()
    first, seen, *weeks = connection.execute(select(first_at, *counts)).one()
    known = [week for week, end in zip(weeks, hours[1:], strict=True) if first is not None and first <= end - _HOUR]
    return Traffic(seen, known)


def _in_words(name: str, one: Traffic) -> str:
    return (
        f"connection {name}: {one.seen} new orders in the last hour, {one.expected:.0f} were to be expected by this "
        f"hour of the {len(one.weeks)} weeks before"
    )
