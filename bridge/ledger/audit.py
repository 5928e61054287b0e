"""The audit trail: who did what at the desk, when and why. Rows are only ever added."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from bridge.errors import Refused
from bridge.ledger.schema_desk import audit
from bridge.ledger.store import Database

PAGE_ROWS = 50
_WHY_CHARS = 1000


@dataclass(frozen=True)
class Deed:
    """One action of a person. `subject` is what it was done to, such as a lane; `changes` goes into JSON as it is."""

    by: str
    role: str
    action: str
    subject: str
    why: str
    changes: Mapping[str, Any] = field(default_factory=dict)


def note(connection: Connection, deed: Deed, now: datetime) -> None:
    """Adds one line, in the transaction of what was done. Raises `Refused` for a deed without a reason."""
    if not deed.why.strip():
        raise Refused(f"{deed.action} needs a reason: say why", field="why", value=deed.why)
    connection.execute(
        insert(audit).values(
            at=now, by=deed.by[:64], role=deed.role, action=deed.action[:64], subject=deed.subject[:128],
            why=deed.why.strip()[:_WHY_CHARS], changes=json.dumps(deed.changes, default=str),
        )
    )  # fmt: skip


def trail(
    database: Database, *, before_id: int | None = None, subject: str | None = None, limit: int = PAGE_ROWS
) -> Sequence[Row[Any]]:
    """Lines of the trail, the latest first, those before an id; all, or what was done to one subject."""
    wanted = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before_id is not None:
        wanted = wanted.where(audit.c.id < before_id)
    if subject:
        wanted = wanted.where(audit.c.subject == subject)
    with database.read() as connection:
        return connection.execute(wanted).all()
