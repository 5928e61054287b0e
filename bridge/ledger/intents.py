"""What one person wants to do and a second has yet to approve, where the settings ask for two."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from bridge.errors import Refused
from bridge.ledger.schema_mending import intent
from bridge.ledger.store import Database

LIFE = timedelta(days=1)
"""So long an intent waits for the second person; then it is as if it had never been."""

APPROVED, REFUSED = "approved", "refused"


@dataclass(frozen=True)
class Intent:
    """An action of a person that waits, or was decided. `content` is what the action needs."""

    id: int
    action: str
    subject: str
    content: Mapping[str, Any]
    by: str
    why: str
    at: datetime
    ends_at: datetime
    decision: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None


def propose(
    connection: Connection, action: tuple[str, str], content: Mapping[str, Any], *, by: str, why: str, now: datetime
) -> Intent:
    """Keeps what a person wants done: `action` with its subject. The same again gives the intent that is there.

    Raises `Refused` without a reason.
    """
    if not why.strip():
        raise Refused(f"{action[0]} needs a reason: say why", field="why", value=why)
    packed = json.dumps(content, sort_keys=True)
    same = (intent.c.action == action[0]) & (intent.c.subject == action[1]) & (intent.c.content == packed)
    known = connection.execute(select(intent).where(same, intent.c.decision.is_(None), intent.c.ends_at > now)).first()
    if known is not None:
        return _intent(known)
    values = {
        "action": action[0], "subject": action[1], "content": packed, "by": by, "why": why, "at": now,
        "ends_at": now + LIFE,
    }  # fmt: skip
    return _intent(connection.execute(insert(intent).values(values).returning(intent)).one())


def decide(connection: Connection, intent_id: int, *, by: str, approves: bool, now: datetime) -> Intent:
    """Notes what the second person says. Who proposed it may take it back, but not approve it.

    Raises `Refused` for him, and for an intent that was decided or has ended; `KeyError` for an unknown one.
    """
    row = connection.execute(select(intent).where(intent.c.id == intent_id).with_for_update()).one_or_none()
    if row is None:
        raise KeyError(f"no proposal {intent_id}")
    if row.decision is not None:
        raise Refused(f"proposal {intent_id} was {row.decision} by {row.decided_by}", field="proposal")
    if row.ends_at <= now:
        raise Refused(f"proposal {intent_id} has ended; propose it anew", field="proposal")
    if approves and by == row.by:
        raise Refused(f"you proposed {intent_id} yourself; another person must approve it", field="proposal")
    decided = {"decision": APPROVED if approves else REFUSED, "decided_by": by, "decided_at": now}
    changed = update(intent).where(intent.c.id == intent_id).values(decided).returning(intent)
    return _intent(connection.execute(changed).one())


def open_intents(database: Database, now: datetime, *, subject: str | None = None, limit: int = 50) -> list[Intent]:
    """What waits for a second person, the oldest first; all, or what is about one subject."""
    wanted = [intent.c.decision.is_(None), intent.c.ends_at > now]
    if subject is not None:
        wanted.append(intent.c.subject == subject)
    with database.read() as connection:
        rows = connection.execute(select(intent).where(*wanted).order_by(intent.c.id).limit(limit)).all()
    return [_intent(row) for row in rows]


def _intent(row: Row[Any]) -> Intent:
    return Intent(**{**row._mapping, "content": json.loads(row.content)})
