"""Sessions of people at the desk. The ledger knows a session by the hash of its token, and ends it in time."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from bridge.ledger.schema_desk import desk_session

TOUCH_EVERY = timedelta(minutes=1)
"""A session's last use is written at most so often: a page must not cost a commit."""


@dataclass(frozen=True)
class SessionRow:
    """One session of one person. `used_at` is its last use, to the minute."""

    name: str
    opened_at: datetime
    used_at: datetime
    ends_at: datetime


def open_session(connection: Connection, token: str, name: str, *, now: datetime, ends_at: datetime) -> None:
    """Notes a session, and forgets those that have ended."""
    columns = desk_session.c
    connection.execute(delete(desk_session).where(columns.ends_at <= now))
    connection.execute(
        insert(desk_session).values(
            token_hash=_hash(token), name=name[:64], opened_at=now, used_at=now, ends_at=ends_at
        )
    )


def find_session(connection: Connection, token: str, *, now: datetime, idle: timedelta) -> SessionRow | None:
    """The session of a token; None when it is unknown, has ended, or was not used for longer than `idle`."""
    columns = desk_session.c
    row = connection.execute(
        select(columns.name, columns.opened_at, columns.used_at, columns.ends_at).where(
            columns.token_hash == _hash(token)
        )
    ).one_or_none()
    if row is None or row.ends_at <= now or row.used_at + idle <= now:
        return None
    return SessionRow(**row._mapping)


def touch_session(connection: Connection, token: str, now: datetime) -> None:
    """Notes that a session was used now; one that has ended is no error."""
    connection.execute(update(desk_session).where(desk_session.c.token_hash == _hash(token)).values(used_at=now))


def end_session(connection: Connection, token: str) -> None:
    """Ends a session at once; twice is the same as once."""
    connection.execute(delete(desk_session).where(desk_session.c.token_hash == _hash(token)))


def _hash(token: str) -> str:
    """The token is 256 random bits, so a plain hash of it cannot be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()
