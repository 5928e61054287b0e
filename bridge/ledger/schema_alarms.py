"""The ledger's tables of what people are told: silences that they have laid, digests, and what each window wrote."""

from sqlalchemy import Column, Index, String, Table, Text

from bridge.ledger.schema import metadata
from bridge.ledger.types import BigId, Exact, UtcTime

alarm_mute = Table(
    "alarm_mute",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("pattern", String(128), nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("by", String(64), nullable=False),
    Column("why", Text, nullable=False),
    # Who ended it before its time, and why; `until` is then when.
    Column("ended_by", String(64)),
    Column("ended_why", Text),
    Index("ix_alarm_mute_until", "until"),
)

digest_told = Table(
    "digest_told",
    metadata,
    Column("day", String(10), primary_key=True),  # as 2026-11-21
    Column("target", String(64), primary_key=True),
    # Taken by who tells it just now, so that two at once tell it once; then when it had arrived.
    Column("taken_at", UtcTime, nullable=False),
    Column("told_at", UtcTime),
)

manifest_line = Table(
    "manifest_line",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    # None for what was confirmed outside of any window, as when a restored ledger is read back.
    Column("window_id", BigId),
    Column("lane", String(64), nullable=False),
    Column("record_id", BigId, nullable=False),
    Column("document", String(32), nullable=False),
    Column("outcome", String(16), nullable=False),  # the state that the record went to
    # As it was at that moment. These lines are only ever added, so that a record which is changed later is noticed.
    Column("currency", String(3)),
    Column("amount", Exact),
    Column("erp_total", Exact),
    Column("goods", Exact),
    Column("freight", Exact),
    Column("tax", Exact),
    Column("payments", Exact),
    Column("at", UtcTime, nullable=False),
    Index("ix_manifest_line_window", "window_id"),
    Index("ix_manifest_line_lane", "lane", "outcome", "at"),
    Index("ix_manifest_line_record", "record_id"),
)
