"""The desk's own tables of the ledger, and the indexes by which its pages are answered at any size."""

from sqlalchemy import Column, Index, String, Table, Text, literal_column

from bridge.ledger.schema import batch, metadata, move, record
from bridge.ledger.types import BigId, UtcTime

desk_session = Table(
    "desk_session",
    metadata,
    # SHA-256 of the token: who reads the ledger or a backup of it cannot log in with what he finds.
    Column("token_hash", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("used_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Index("ix_desk_session_ends", "ends_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("by", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("why", Text, nullable=False),
    Column("changes", Text, nullable=False),  # JSON
    Index("ix_audit_subject", "subject", "id"),
)

is_confirmation = move.c.target == literal_column("'CONFIRMED'")  # word for word in each query, or it is not used
Index(
    "ix_move_confirmed",
    move.c.at,
    move.c.record_id,
    sqlite_where=is_confirmation,
    postgresql_where=is_confirmation,
)
Index("ix_batch_window", batch.c.window_id)
is_order = record.c.document == literal_column("'order'")  # word for word too
Index("ix_record_order", record.c.id, sqlite_where=is_order, postgresql_where=is_order)
Index(
    "ix_record_customer",
    record.c.customer_record_id,
    record.c.id,
    sqlite_where=record.c.customer_record_id.is_not(None),
    postgresql_where=record.c.customer_record_id.is_not(None),
)
