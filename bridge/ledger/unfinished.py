"""How much is not at its end yet, in counts: quick however many records the ledger has confirmed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from bridge.ledger import schema
from bridge.ledger.windows import MISSED
from bridge.states import FINAL, State

_UNFINISHED = tuple(state.value for state in State if state not in FINAL)


def unfinished(connection: Connection) -> Sequence[Row[Any]]:
    """Records that are not final by `lane`, `document` and `state`: how many `records`, and the `oldest` one's time of
    last change. Visits them by the index of states, and no others."""
    columns = schema.record.c
    key = (columns.lane, columns.document, columns.state)
    counted = select(*key, func.count().label("records"), func.min(columns.updated_at).label("oldest"))
    return connection.execute(counted.where(columns.state.in_(_UNFINISHED)).group_by(*key).order_by(*key)).all()


def missed_windows(connection: Connection, since: datetime) -> Mapping[str, int]:
    """How many windows were missed of those scheduled from `since` on, by lane; a lane without one is absent."""
    columns = schema.window.c
    missed = (columns.state == MISSED) & (columns.scheduled_for >= since)
    rows = connection.execute(select(columns.lane, func.count().label("windows")).where(missed).group_by(columns.lane))
    return {row.lane: row.windows for row in rows}
