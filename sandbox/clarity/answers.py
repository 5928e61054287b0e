"""Idempotency keys: the answer of a POST, kept 24 hours under its key (reference clarity.md 2.5)."""

import hashlib
import json
import sqlite3
import time

from sandbox.clarity.calls import Problem, Reply

LIFE_S = 24 * 3600


def digest(method: str, path: str, body: bytes) -> str:
    """What makes two requests under one key the same request."""
    return hashlib.sha256(f"{method} {path}\n".encode() + body).hexdigest()


class Answers:
    """The kept answers. A request that a kill interrupted was rolled back, so its key is free again after a restart."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._db.execute("DELETE FROM answer WHERE status IS NULL")

    def begin(self, credential: str, key: str, request_digest: str) -> Reply | None:
        """Takes the key (None), or gives the kept answer; raises `Problem` when it runs or means another request."""
        self._db.execute("DELETE FROM answer WHERE begun_at_s < ?", (time.time() - LIFE_S,))
        row = self._db.execute("SELECT * FROM answer WHERE credential = ? AND key = ?", (credential, key)).fetchone()
        if row is None:
            self._db.execute(
                "INSERT INTO answer (credential, key, digest, begun_at_s) VALUES (?, ?, ?, ?)",
                (credential, key, request_digest, time.time()),
            )
            return None
        if row["digest"] != request_digest:
            raise Problem(422, "idempotency_key_reuse", "this key was used for another request; use another key")
        if row["status"] is None:
            headers = {"Retry-After": "1"}
            raise Problem(409, "in_progress", "the same request is still running; ask again", headers=headers)
        return Reply(
            json.loads(row["body"]), row["status"], version=row["version"], headers={"Idempotency-Replayed": "true"}
        )

    def keep(self, credential: str, key: str, reply: Reply) -> None:
        """Keeps the answer; in the transaction of its effect, so that neither is ever without the other."""
        self._db.execute(
            "UPDATE answer SET status = ?, body = ?, version = ? WHERE credential = ? AND key = ?",
            (reply.status, json.dumps(reply.body), reply.version, credential, key),
        )

    def forget(self, credential: str, key: str) -> None:
        """Frees a key whose request came to nothing."""
        self._db.execute("DELETE FROM answer WHERE credential = ? AND key = ? AND status IS NULL", (credential, key))
