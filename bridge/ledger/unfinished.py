"""How much is not at its end yet, in counts: quick however many records the ledger has confirmed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, func, select

from bridge.ledger import schema
from bridge.ledger.windows import MISSED
from bridge.shown import SHOWN
from bridge.states import FINAL, State

_UNFINISHED = tuple(state.value for state in State if state not in FINAL)


def unfinished(connection: Connection) -> Sequence[Row[Any]]:
    """Records that are not final by `lane`, `document`, `state` and `currency`: how many `records`, their `amount`, and
    since when the `oldest` of them waits. Visits them by the index of states, and no others.

    What is shown to a storefront has been known for long: it waits since its newest value.
    """
    columns = schema.record.c
    since = case((columns.document.in_(SHOWN), columns.updated_at), else_=columns.created_at)
    key = (columns.lane, columns.document, columns.state, columns.currency)
    sums = (func.count().label("records"), func.sum(columns.amount).label("amount"), func.min(since).label("oldest"))
    return connection.execute(
        select(*key, *sums).where(columns.state.in_(_UNFINISHED)).group_by(*key).order_by(*key)
    ).all()


def missed_windows(connection: Connection, since: datetime) -> Mapping[str, int]:
    """How many windows were missed of those scheduled from `since` on, by lane; a lane without one is absent."""
    columns = schema.window.c
    missed = (columns.state == MISSED) & (columns.scheduled_for >= since)
    rows = connection.execute(select(columns.lane, func.count().label("windows")).where(missed).group_by(columns.lane))
    return {row.lane: row.windows for row in rows}
