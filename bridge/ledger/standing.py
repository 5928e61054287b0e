"""How things stand, in sums: what `tidegate status` shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, select

from bridge.ledger import schema
from bridge.ledger.store import Database


def records(database: Database) -> Sequence[Row[Any]]:
    """Records by lane, document, state and currency, with their money and the time of the oldest one's last change.

    Money is added up within one currency only. Reads every record once.
    """
    columns = schema.record.c
    key = (columns.lane, columns.document, columns.state, columns.currency)
    with database.read() as connection:
        return connection.execute(
            select(
                *key,
                func.count().label("records"),
                func.sum(columns.amount).label("amount"),
                func.min(columns.updated_at).label("oldest"),
            )
            .group_by(*key)
            .order_by(*key)
        ).all()


def open_letter_counts(database: Database) -> Mapping[str, int]:
    """How many dead letters are open, by entity."""
    columns = schema.dead_letter.c
    with database.read() as connection:
        rows = connection.execute(
            select(columns.entity, func.count().label("letters"))
            .where(columns.closed_at.is_(None))
            .group_by(columns.entity)
        ).all()
    return {row.entity: row.letters for row in rows}
