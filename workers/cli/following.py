"""Follows submitted orders until each rests."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from bridge.ledger.intake import REREAD
from bridge.ledger.rows import Record
from bridge.ledger.trace import of_source_ids
from bridge.ports.erp import ORDER
from bridge.states import FINAL, NEEDS_PERSON, State

if TYPE_CHECKING:
    from bridge.ledger.store import Database

_LOOK_S = 0.5


def follow(
    database: "Database", connection: str, versions: Mapping[str, int], on_look: Callable[[int], None]
) -> dict[str, Record]:
    """The records by source id, once all rest; `on_look` is told how many do by now."""
    while True:
        records = {record.source_id: record for record in of_source_ids(database, connection, ORDER, list(versions))}
        resting = sum(rests(record, versions[record.source_id]) for record in records.values())
        on_look(resting)
        if resting == len(versions):
            return records
        time.sleep(_LOOK_S)


def rests(record: Record, version: int) -> bool:
    """Whether nothing more happens to this version of the order by itself.

    An order that waits for its own customer's record, or to be read again, is on its way.
    """
    if record.needs_read or max(record.wanted_version, record.version) < version:
        return False
    if record.state is State.HELD:
        condition = record.condition or ""
        return condition != REREAD and not condition.startswith("customer:")
    return record.state in FINAL | NEEDS_PERSON


def outcome(record: Record, version: int) -> str:
    """What this version came to, in a word or two."""
    if record.state is State.CONFIRMED and (record.written_version or 0) < version:
        return f"CONFIRMED as version {record.written_version} before; this one waits for a person"
    return record.state.value
