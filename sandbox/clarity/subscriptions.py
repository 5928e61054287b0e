"""Who gets webhooks, and with which secrets they are signed (reference clarity.md 2.7)."""

import json
import secrets
import sqlite3
import time
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sandbox.clarity.calls import JsonObject, Problem

ROTATION_S = 24 * 3600
DEAD_IN_A_ROW_LIMIT = 20


@dataclass(frozen=True)
class Subscription:
    """One receiver of webhooks. `secrets` are those valid now, the newest first; `mode` is full or thin."""

    id: str
    url: str
    topics: tuple[str, ...]
    mode: str
    secrets: tuple[str, ...]
    is_disabled: bool

    def render(self) -> JsonObject:
        """The subscription as the site shows it: never with its secret."""
        return {
            "id": self.id,
            "url": self.url,
            "topics": list(self.topics),
            "mode": self.mode,
            "isDisabled": self.is_disabled,
        }


class Subscriptions:
    """The table of subscriptions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(
        self, url: str, topics: list[str], *, mode: str, secret: str, at: str, subscription_id: str = ""
    ) -> Subscription:
        """A new subscription; one that is known by its id is replaced."""
        key = subscription_id or f"wh_{secrets.token_hex(8)}"
        self._db.execute(
            "INSERT OR REPLACE INTO subscription (id, url, topics, mode, secret, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            (key, url, json.dumps(topics), mode, secret, at),
        )
        return self.get(key)

    def get(self, subscription_id: str) -> Subscription:
        """Raises `Problem` 404."""
        row = self._db.execute("SELECT * FROM subscription WHERE id = ?", (subscription_id,)).fetchone()
        if row is None:
            raise Problem(404, "not_found", f"webhook {subscription_id!r} is not known")
        return _subscription(row)

    def for_topic(self, topic: str) -> list[Subscription]:
        """Everybody who asked for this topic, `order.*` included."""
        rows = self._db.execute("SELECT * FROM subscription").fetchall()
        return [one for one in map(_subscription, rows) if any(fnmatchcase(topic, mask) for mask in one.topics)]

    def remove(self, subscription_id: str) -> None:
        """Ends a subscription and what was still to be delivered to it; twice is the same as once."""
        self._db.execute("DELETE FROM subscription WHERE id = ?", (subscription_id,))
        self._db.execute(
            "UPDATE delivery SET state = 'dead' WHERE subscription_id = ? AND state = 'pending'", (subscription_id,)
        )

    def rotate(self, subscription_id: str) -> str:
        """A new secret; the present one stays valid for 24 h beside it."""
        secret = new_secret()
        self._db.execute(
            "UPDATE subscription SET old_secret = secret, old_until_s = ?, secret = ? WHERE id = ?",
            (time.time() + ROTATION_S, secret, subscription_id),
        )
        return secret

    def count_end(self, subscription_id: str, *, dead: bool) -> None:
        """Counts the end of a delivery; 20 dead ones in a row disable the subscription."""
        self._db.execute(
            "UPDATE subscription SET dead_in_a_row = CASE WHEN ?1 THEN dead_in_a_row + 1 ELSE 0 END, "
            "is_disabled = is_disabled OR (?1 AND dead_in_a_row + 1 >= ?2) WHERE id = ?3",
            (dead, DEAD_IN_A_ROW_LIMIT, subscription_id),
        )


def new_secret() -> str:
    """A fresh signing secret."""
    return f"whsec_{secrets.token_urlsafe(24)}"


def _subscription(row: sqlite3.Row) -> Subscription:
    rotating = row["old_secret"] and row["old_until_s"] > time.time()
    return Subscription(
        id=row["id"],
        url=row["url"],
        topics=tuple(json.loads(row["topics"])),
        mode=row["mode"],
        secrets=(row["secret"], row["old_secret"]) if rotating else (row["secret"],),
        is_disabled=bool(row["is_disabled"]),
    )
