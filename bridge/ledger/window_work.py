"""What windows did: how many records they claimed, and their manifests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from bridge.ledger import schema
from bridge.ledger.manifests import Manifest, manifests


@dataclass(frozen=True)
class Work:
    """One window's work. `claimed` counts a record once for each batch that took it."""

    batches: int
    claimed: int
    manifest: Manifest


def work_of(connection: Connection, windows: Sequence[Row[Any]]) -> Mapping[int, Work]:
    """The work of each of these windows by its id, answered from indexes; one that never opened did none."""
    columns, ids = schema.batch.c, [window.id for window in windows]
    claims = connection.execute(
        select(columns.window_id, func.count().label("batches"), func.sum(columns.size).label("claimed"))
        .where(columns.window_id.in_(ids))
        .group_by(columns.window_id)
    )
    claimed = {row.window_id: (row.batches, int(row.claimed)) for row in claims}
    return {each: Work(*claimed.get(each, (0, 0)), done) for each, done in manifests(connection, ids).items()}
