"""Heartbeats: when something last finished its work. A ping proves nothing, progress does."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, select

from bridge.ledger import schema
from bridge.ledger.store import Database, upsert

BEAT = "beat"
"""Advanced by what only beat sends."""


def of_queue(queue: str) -> str:
    """The name of a queue's heartbeat, which any worker of it advances."""
    return f"queue:{queue}"


def of_worker(node: str) -> str:
    """The name of a worker's own heartbeat, by its Celery node name."""
    return f"worker:{node}"


def note(database: Database, names: Iterable[str], *, by: str, now: datetime) -> None:
    """Advances these heartbeats to `now`, in the order of their names, so that no two workers wait for each other."""
    with database.write() as connection:
        for name in sorted(names):
            fresh = {"at": now, "by": by[:128]}
            new = upsert(connection, schema.heartbeat).values(name=name[:128], **fresh)
            connection.execute(new.on_conflict_do_update(index_elements=[schema.heartbeat.c.name], set_=fresh))


def last_beats(connection: Connection, names: Iterable[str]) -> Mapping[str, datetime]:
    """When each of these last beat; one that never did is absent."""
    columns = schema.heartbeat.c
    rows = connection.execute(select(columns.name, columns.at).where(columns.name.in_(list(names))))
    return {row.name: row.at for row in rows}


def forget(connection: Connection, before: datetime) -> None:
    """Removes heartbeats of workers that are no more, as containers come under new names."""
    connection.execute(delete(schema.heartbeat).where(schema.heartbeat.c.at < before))
