"""How the ledger stands, for whoever looks every second: one transaction that reads what is unfinished, and today."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from bridge.ledger import schema, windows
from bridge.ledger.store import Database
from bridge.ledger.windows import LaneRow, WindowRow
from bridge.overview import FlowStanding, read_overview

ALARMS = 10
"""So many open alarms are shown, the latest first."""


@dataclass(frozen=True)
class Glance:
    """The ledger at one moment. `lanes` have their standing and their window, `polls` when each site was last asked."""

    at: datetime
    flows: tuple[FlowStanding, ...]
    lanes: Mapping[str, tuple[LaneRow | None, WindowRow | None]]
    polls: Mapping[str, datetime]
    alarms: Sequence[Row[Any]]


def glance(database: Database, lanes: Iterable[str], now: datetime) -> Glance:
    """Reads it all in one transaction, by indexes: what is final costs nothing, but for what was confirmed today."""
    with database.read() as connection:
        stands = {each: (windows.lane_row(connection, each), windows.to_write(connection, each, now)) for each in lanes}
        return Glance(now, read_overview(connection, now).flows, stands, _polls(connection), _alarms(connection))


def _polls(connection: Connection) -> Mapping[str, datetime]:
    columns = schema.watermark.c
    latest = select(columns.connection, func.max(columns.updated_at).label("at")).group_by(columns.connection)
    return {row.connection: row.at for row in connection.execute(latest)}


def _alarms(connection: Connection) -> Sequence[Row[Any]]:
    columns = schema.alarm.c
    is_open = columns.closed_at.is_(None)
    newest = select(schema.alarm).where(is_open).order_by(columns.last_at.desc(), columns.key).limit(ALARMS)
    return connection.execute(newest).all()
