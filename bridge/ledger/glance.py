"""How the ledger stands, for whoever looks every second: one transaction that reads what is unfinished, and today."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from bridge.ledger import schema, windows
from bridge.ledger.store import Database
from bridge.ledger.windows import LaneRow, WindowRow
from bridge.states import FINAL, IN_FLIGHT, State

ALARMS = 10
"""So many open alarms are shown, the latest first."""

_UNFINISHED = tuple(state.value for state in State if state not in FINAL)
_PILE_OF: Mapping[State, str] = {
    **dict.fromkeys((State.RECEIVED, State.READY), "waiting"),
    **dict.fromkeys(IN_FLIGHT, "in_window"),
    State.CONFIRMED: "today",
    State.HELD: "held",
    State.REVIEW: "review",
    State.DEAD: "dead",
}


@dataclass(frozen=True)
class Pile:
    """Records that stand alike: how many, their money by currency, and when the oldest came; None for none."""

    count: int = 0
    money: Mapping[str, Decimal] = field(default_factory=dict)
    oldest: datetime | None = None


@dataclass(frozen=True)
class Flow:
    """One kind of document in one lane. `today` are the confirmed ones that changed since midnight, UTC."""

    lane: str
    document: str
    waiting: Pile = Pile()
    in_window: Pile = Pile()
    held: Pile = Pile()
    review: Pile = Pile()
    dead: Pile = Pile()
    today: Pile = Pile()


@dataclass(frozen=True)
class Glance:
    """The ledger at one moment. `lanes` have their standing and their window, `polls` when each site was last asked."""

    at: datetime
    flows: tuple[Flow, ...]
    lanes: Mapping[str, tuple[LaneRow | None, WindowRow | None]]
    polls: Mapping[str, datetime]
    alarms: Sequence[Row[Any]]


def glance(database: Database, lanes: Iterable[str], now: datetime) -> Glance:
    """Reads it all in one transaction, by indexes: what is final costs nothing, but for what was confirmed today."""
    with database.read() as connection:
        stands = {each: (windows.lane_row(connection, each), windows.to_write(connection, each, now)) for each in lanes}
        return Glance(now, _flows(connection, now), stands, _polls(connection), _alarms(connection))


def _flows(connection: Connection, now: datetime) -> tuple[Flow, ...]:
    columns = schema.record.c
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    confirmed = (columns.state == State.CONFIRMED.value) & (columns.updated_at >= midnight)
    rows = [*_counted(connection, columns.state.in_(_UNFINISHED)), *_counted(connection, confirmed)]
    piles: defaultdict[tuple[str, str], dict[str, Pile]] = defaultdict(dict)
    for row in rows:
        found, name = piles[row.lane, row.document], _PILE_OF[State(row.state)]
        found[name] = _plus(found.get(name, Pile()), row)
    return tuple(Flow(lane, document, **found) for (lane, document), found in sorted(piles.items()))


def _counted(connection: Connection, wanted: ColumnElement[bool]) -> Sequence[Row[Any]]:
    columns = schema.record.c
    key = (columns.lane, columns.document, columns.state, columns.currency)
    sums = (func.count().label("records"), func.sum(columns.amount).label("amount"))
    oldest = func.min(columns.created_at).label("oldest")
    return connection.execute(select(*key, *sums, oldest).where(wanted).group_by(*key)).all()


def _plus(pile: Pile, row: Row[Any]) -> Pile:
    money = dict(pile.money)
    if row.currency and row.amount is not None:
        money[row.currency] = money.get(row.currency, Decimal(0)) + row.amount
    oldest = min(pile.oldest, row.oldest) if pile.oldest else row.oldest
    return Pile(pile.count + row.records, money, oldest)


def _polls(connection: Connection) -> Mapping[str, datetime]:
    columns = schema.watermark.c
    latest = select(columns.connection, func.max(columns.updated_at).label("at")).group_by(columns.connection)
    return {row.connection: row.at for row in connection.execute(latest)}


def _alarms(connection: Connection) -> Sequence[Row[Any]]:
    columns = schema.alarm.c
    is_open = columns.closed_at.is_(None)
    newest = select(schema.alarm).where(is_open).order_by(columns.last_at.desc(), columns.key).limit(ALARMS)
    return connection.execute(newest).all()
