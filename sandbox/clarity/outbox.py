"""Events and their deliveries: written in the transaction of the change, sent afterwards (reference clarity.md 2.7)."""

import json
import random
import secrets
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from itertools import islice

from sandbox.clarity.calls import JsonObject, Problem
from sandbox.clarity.resources import Resource
from sandbox.clarity.subscriptions import Subscription, Subscriptions

RETRY_MINUTES = (1, 5, 15, 60, 180, 360, 720)


class Treatment(StrEnum):
    """What becomes of an event's webhook (reference clarity.md 2.11); every attempt of it is treated alike."""

    DELIVER = "deliver"
    DUPLICATE = "duplicate"
    LATE = "late"
    NEVER = "never"
    THIN = "thin"
    GARBAGE = "garbage"
    BAD_SIGNATURE = "bad_signature"
    STALE = "stale"


@dataclass(frozen=True)
class Delivery:
    """One webhook that is due. `attempt` counts from 1."""

    number: int
    subscription: Subscription
    treatment: Treatment
    attempt: int
    event_id: str
    topic: str
    envelope: JsonObject


class Outbox:
    """The tables of events and deliveries. Due times are by the machine's clock, whatever the site's own says."""

    def __init__(self, db: sqlite3.Connection, subscriptions: Subscriptions, *, site: str, retry_scale: float) -> None:
        self._db = db
        self._subscriptions = subscriptions
        self._site = site
        self._retry_scale = retry_scale

    def announce(
        self,
        topic: str,
        resource: Resource,
        *,
        at: str,
        treatment: Treatment = Treatment.DELIVER,
        delay_s: float = 0.0,
    ) -> None:
        """Writes the event, and a delivery for everybody who asked for it. `delay_s` matters to `late` only."""
        data = json.dumps(resource.render(), ensure_ascii=False)
        sequence = self._db.execute(
            "INSERT INTO event (id, topic, created_at, kind, resource_id, version, updated_at, data) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                f"evt_{secrets.token_hex(10)}", topic, at,
                resource.kind, resource.id, resource.version, resource.updated_at, data,
            ),
        ).lastrowid  # fmt: skip
        if treatment is Treatment.NEVER:
            return
        due_at_s = time.time() + (delay_s if treatment is Treatment.LATE else 0)
        copies = 2 if treatment is Treatment.DUPLICATE else 1
        for subscription in self._subscriptions.for_topic(topic) * copies:
            self._db.execute(
                "INSERT INTO delivery (id, sequence, subscription_id, treatment, due_at_s, state) "
                "VALUES (?, ?, ?, ?, ?, 'pending')",
                (secrets.token_hex(16), sequence, subscription.id, treatment, due_at_s),
            )

    def due(self, busy: set[int], limit: int) -> list[Delivery]:
        """Deliveries whose time has come, the oldest first, without those that are `busy`."""
        rows = self._db.execute(
            "SELECT d.number, d.subscription_id, d.treatment, d.attempts, e.* FROM delivery d "
            "JOIN event e USING (sequence) JOIN subscription s ON s.id = d.subscription_id AND NOT s.is_disabled "
            "WHERE d.state = 'pending' AND d.due_at_s <= ? ORDER BY d.due_at_s, d.number LIMIT ?",
            (time.time(), limit + len(busy)),
        )
        return [self._delivery(row) for row in rows if row["number"] not in busy][:limit]

    def next_due_at_s(self) -> float | None:
        """When the next delivery falls due that has not fallen due yet."""
        row = self._db.execute(
            "SELECT min(due_at_s) FROM delivery WHERE state = 'pending' AND due_at_s > ?", (time.time(),)
        ).fetchone()
        return row[0] if row[0] is not None else None

    def note_attempt(self, delivery: Delivery, delivery_id: str) -> None:
        """Notes that an attempt is being made under this id."""
        self._db.execute(
            "UPDATE delivery SET id = ?, attempts = attempts + 1 WHERE number = ?", (delivery_id, delivery.number)
        )

    def note_success(self, delivery: Delivery, answer: str) -> None:
        """Ends a delivery that was taken."""
        self._end(delivery, "done", answer)

    def note_failure(self, delivery: Delivery, answer: str) -> None:
        """Plans the next attempt, with +-20 % jitter, or ends the delivery after the eighth."""
        if delivery.attempt > len(RETRY_MINUTES):
            self._end(delivery, "dead", answer)
            return
        wait_s = RETRY_MINUTES[delivery.attempt - 1] * 60 * self._retry_scale * random.uniform(0.8, 1.2)
        self._db.execute(
            "UPDATE delivery SET due_at_s = ?, last_answer = ? WHERE number = ?",
            (time.time() + wait_s, answer, delivery.number),
        )

    def redeliver(self, delivery_id: str) -> None:
        """Sends a delivery (by the id of its last attempt) once more, well and from attempt 1; raises `Problem` 404."""
        again = self._db.execute(
            "UPDATE delivery SET state = 'pending', treatment = 'deliver', attempts = 0, due_at_s = ? WHERE id = ?",
            (time.time(), delivery_id),
        )
        if again.rowcount == 0:
            raise Problem(404, "not_found", f"delivery {delivery_id!r} is not known")

    def events(self, after: int, topics: Sequence[str], *, since: str, limit: int) -> tuple[list[JsonObject], bool]:
        """Envelopes behind a sequence number, and whether more follow."""
        rows = self._db.execute(
            "SELECT * FROM event WHERE sequence > ? AND created_at >= ? ORDER BY sequence", (after, since)
        )
        wanted = (row for row in rows if not topics or any(fnmatchcase(row["topic"], mask) for mask in topics))
        found = list(islice(wanted, limit + 1))
        return [self._envelope(row) for row in found[:limit]], len(found) > limit

    def deliveries_of(self, kind: str, resource_id: str) -> list[JsonObject]:
        """Every delivery about one resource, for the audit."""
        rows = self._db.execute(
            "SELECT d.id, e.id AS eventId, e.topic, e.version, d.treatment, d.state, d.attempts, "
            "d.last_answer AS lastAnswer FROM event e JOIN delivery d USING (sequence) "
            "WHERE e.kind = ? AND e.resource_id = ? ORDER BY d.number",
            (kind, resource_id),
        )
        return [dict(row) for row in rows]

    def _end(self, delivery: Delivery, state: str, answer: str) -> None:
        self._db.execute(
            "UPDATE delivery SET state = ?, due_at_s = NULL, last_answer = ? WHERE number = ?",
            (state, answer, delivery.number),
        )
        self._subscriptions.count_end(delivery.subscription.id, dead=state == "dead")

    def _delivery(self, row: sqlite3.Row) -> Delivery:
        return Delivery(
            number=row["number"],
            subscription=self._subscriptions.get(row["subscription_id"]),
            treatment=Treatment(row["treatment"]),
            attempt=row["attempts"] + 1,
            event_id=row["id"],
            topic=row["topic"],
            envelope=self._envelope(row),
        )

    def _envelope(self, row: sqlite3.Row) -> JsonObject:
        return {
            "id": row["id"],
            "type": row["topic"],
            "apiVersion": "v1",
            "siteId": self._site,
            "createdAt": row["created_at"],
            "sequence": row["sequence"],
            "resource": {
                "type": row["kind"],
                "id": row["resource_id"],
                "version": row["version"],
                "updatedAt": row["updated_at"],
            },
            "data": json.loads(row["data"]),
        }
