"""What a restored ledger may not do before it knows again what the world has learned of it since the backup.

Ids that left the ledger may not be given a second time: record ids stand in stamps, batch ids and fences in the
agent's notes. Nobody can tell how many were given since the backup, so all three go on far past them: `MARGIN` further,
and at least at the number of seconds since 1970. That is past those of a former restore of the same backup too, as long
as there were fewer than one a second on average.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, Table, func, select, text, update
from sqlalchemy.dialects.postgresql import REGCLASS

from bridge.ledger import schema
from bridge.ledger.claims import close_batches, know_lane, turn_older
from bridge.ledger.windows import halt, lane_row

MARGIN = 10_000_000
TELLINGS = "storefront:"
"""How the names of lanes begin in which storefronts are told."""


def follow_restore(connection: Connection, taken_at: datetime, lanes: Iterable[str], *, by: str, now: datetime) -> None:
    """Moves ids and fences on, puts what was in flight in doubt, and halts every lane; a company's is marked too.

    A marked lane is not resumed before `tidegate recover` has lifted the mark. Tellings carry no mark: a storefront
    takes each once, whatever the ledger remembers, and its orders must be read before a company can be recovered.
    """
    for table in schema.metadata.sorted_tables:
        if "id" in table.columns:
            skip_ids(connection, table, _past(connection, table, now) if table in _SEEN_OUTSIDE else 0)
    known = connection.execute(select(schema.lane.c.name)).scalars()
    for lane in sorted({*known, *lanes}):
        _halt(connection, lane, taken_at, by, now)


_SEEN_OUTSIDE = (schema.record, schema.batch)


def _past(connection: Connection, table: Table, now: datetime) -> int:
    highest: int = connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
    return max(highest + MARGIN, int(now.timestamp()))


def skip_ids(connection: Connection, table: Table, past: int) -> None:
    """Lets the table's next id be greater than `past` and than any that it has; never goes back."""
    if connection.dialect.name == "sqlite":
        if table.dialect_options["sqlite"]["autoincrement"]:  # the others go on behind their highest by themselves
            named = {"name": table.name, "past": past}
            new = "INSERT INTO sqlite_sequence SELECT :name, 0 WHERE :name NOT IN (SELECT name FROM sqlite_sequence)"
            connection.execute(text(new), named)
            connection.execute(text("UPDATE sqlite_sequence SET seq = max(seq, :past) WHERE name = :name"), named)
        return
    sequence = func.pg_get_serial_sequence(table.name, "id").cast(REGCLASS)
    highest = select(func.max(table.c.id)).scalar_subquery()
    connection.execute(
        select(func.setval(sequence, func.greatest(1, past, highest, func.pg_sequence_last_value(sequence))))
    )


def _halt(connection: Connection, lane: str, taken_at: datetime, by: str, now: datetime) -> None:
    know_lane(connection, lane, now)
    former = lane_row(connection, lane)
    fence = max((former.fence if former else 0) + MARGIN, int(now.timestamp()))
    changes: dict[str, object] = {"fence": fence}
    what_next = f"`tidegate recover {lane}` reads back what is missing, and only then may it be resumed"
    if lane.startswith(TELLINGS):
        what_next = f"`tidegate lane resume {lane}` lets it be read and told again; what was told is not told twice"
    else:
        marked = former.restored_to if former else None
        changes |= {"restored_to": min(taken_at, marked or taken_at), "restored_at": now}
    connection.execute(update(schema.lane).where(schema.lane.c.name == lane).values(**changes))
    turn_older(connection, lane, by=by, why=f"the ledger was restored to {taken_at.isoformat()}", now=now)
    close_batches(connection, lane, ended_by="restore", now=now)
    halt(connection, lane, reason=f"the ledger was restored to {taken_at.isoformat()}; {what_next}", now=now)


def lift_mark(connection: Connection, lane: str, now: datetime) -> None:
    """The lane has been compared with its ERP: a person may resume it. Twice is the same as once."""
    lifted = {"restored_to": None, "restored_at": None, "updated_at": now}
    reason = "restored from a backup and compared with the ERP; a person may resume it"
    marked = (schema.lane.c.name == lane) & schema.lane.c.restored_to.is_not(None)
    connection.execute(update(schema.lane).where(marked).values(**lifted, halt_reason=reason))
