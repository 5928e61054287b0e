"""Fills a ledger with years of trade in one statement a table, so that its queries can be seen at work."""

from sqlalchemy import text

from bridge.ledger.store import Database
from tests.builders import LANE, NOW, SITE

_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)"

_STATE = """CASE
    WHEN i <= 20 THEN 'UNCERTAIN' WHEN i <= 40 THEN 'WRITING' WHEN i <= 60 THEN 'HELD' WHEN i <= 80 THEN 'REVIEW'
    WHEN i % 20 = 0 THEN 'READY' WHEN i % 20 = 1 THEN 'HELD' ELSE 'CONFIRMED' END"""

_RECORDS = f"""
INSERT INTO record (
    connection, site, document, source_id, lane, state, revision, wanted_version, version, needs_read, order_number,
    number, priority, due_at, failures, writes_begun, doubts, condition, fingerprint, batch_id, parent_id,
    customer_record_id, created_at, updated_at)
{_NUMBERS}
SELECT 'clarity', '{SITE}', 'order', CAST(i AS VARCHAR(20)), '{LANE}', {_STATE}, 1, 1, 1, i % 20 = 1 AND i < 1000,
    CAST(i AS VARCHAR(20)), CAST(i AS VARCHAR(20)), 1, :now, 0, 1, 0,
    CASE WHEN i BETWEEN 41 AND 50 THEN 'stock' WHEN i BETWEEN 51 AND 60 THEN 'customer:1'
        WHEN i % 20 = 1 THEN 'release' END,
    CASE WHEN i BETWEEN 61 AND 80 THEN 'rejected' END, CASE WHEN i BETWEEN 21 AND 40 THEN 7 END, NULL, 1, :now, :now
FROM n"""

_TELLINGS = f"""
INSERT INTO record (
    connection, site, document, source_id, lane, state, revision, wanted_version, version, needs_read, order_number,
    number, priority, due_at, failures, writes_begun, doubts, parent_id, created_at, updated_at)
{_NUMBERS}
SELECT 'clarity', '{SITE}', 'acknowledgement', CAST(i AS VARCHAR(20)), 'storefront:clarity',
    CASE WHEN i <= 20 THEN 'READY' ELSE 'CONFIRMED' END, 1, 1, 1, 1 = 0, CAST(i AS VARCHAR(20)),
    CAST(i AS VARCHAR(20)), 1, :now, 0, 1, 0, i, :now, :now
FROM n"""

_EVENTS = f"""
INSERT INTO event (
    connection, event_id, body_hash, topic, source, resource_id, resource_version, record_id, body, received_at,
    taken_at)
{_NUMBERS}
SELECT 'clarity', 'evt_' || i, 'hash', 'order.created', 'webhook', CAST(i AS VARCHAR(20)), 1, i, :body, :now, :now
FROM n"""

_MOVES = f"""
INSERT INTO move (record_id, origin, target, why, by, at, failures, batch_id)
{_NUMBERS}
SELECT i, 'READY', 'CLAIMED', 'batch', 'w', :now, 0, i % 500 FROM n"""

_BATCHES = f"""
INSERT INTO batch (lane, fence, document, owner, size, opened_at, expires_at, closed_at)
{_NUMBERS}
SELECT '{LANE}', 1, 'order', 'w', 10, :now, :now, :now FROM n"""

_LETTERS = f"""
INSERT INTO dead_letter (entity, record_id, origin, reason, fingerprint, opened_at, queued_at, closed_at)
{_NUMBERS}
SELECT 'order', i, 'record:' || i, 'no', 'rejected', :now, CASE WHEN i > 20 THEN :now END,
    CASE WHEN i > 40 AND i % 20 > 0 THEN :now END
FROM n"""

_PROBES = f"""
INSERT INTO probe (record_id, doubt, verdict, at) {_NUMBERS} SELECT i, 1, 'absent', :now FROM n"""

_IDENTITIES = f"""
INSERT INTO identity (record_id, system, kind, value, at)
{_NUMBERS}
SELECT i, '{LANE}', 'order', CAST(i AS VARCHAR(20)), :now FROM n"""


def fill(database: Database, rows: int) -> None:
    """So many orders, each with its event, its telling and its journal; most are done, a twentieth waits."""
    now = NOW.strftime("%Y-%m-%d %H:%M:%S.%f") if database.is_sqlite else NOW
    values = {"rows": rows, "now": now, "body": b"{}"}
    with database.write() as connection:
        for statement in (_RECORDS, _TELLINGS, _EVENTS, _MOVES, _BATCHES, _LETTERS, _PROBES, _IDENTITIES):
            connection.execute(text(statement), values)
        if not database.is_sqlite:  # as its own housekeeping does sooner or later
            connection.execute(text("ANALYZE"))
