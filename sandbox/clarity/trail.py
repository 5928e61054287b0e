"""What happened to an order besides its own versions: acknowledgements, notes, and mails to the shopper."""

import json
import sqlite3

from sandbox.clarity.calls import JsonObject

ACKNOWLEDGEMENT, NOTE, MAIL = "acknowledgements", "notes", "mails"


class Trail:
    """An append-only list per order; a mark is written once per order and kind."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, order_id: str, kind: str, mark: str, body: JsonObject, *, at: str) -> tuple[JsonObject, bool]:
        """Keeps `body` under its mark; gives what is kept (the first, when the mark is known) and whether it is new."""
        added = self._db.execute(
            "INSERT INTO trail (order_id, kind, mark, at, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (order_id, kind, mark, at, json.dumps(body)),
        )
        row = self._db.execute(
            "SELECT at, body FROM trail WHERE order_id = ? AND kind = ? AND mark = ?", (order_id, kind, mark)
        ).fetchone()
        return {**json.loads(row["body"]), "createdAt": row["at"]}, added.rowcount == 1

    def of(self, order_id: str) -> dict[str, list[JsonObject]]:
        """Everything kept for an order, by kind."""
        found: dict[str, list[JsonObject]] = {ACKNOWLEDGEMENT: [], NOTE: [], MAIL: []}
        rows = self._db.execute("SELECT kind, at, body FROM trail WHERE order_id = ? ORDER BY number", (order_id,))
        for row in rows:
            found[row["kind"]].append({**json.loads(row["body"]), "createdAt": row["at"]})
        return found
