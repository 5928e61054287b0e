"""The tables of the ledger. Alembic's migrations make them; a test holds the two in step."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    true,
)

from bridge.ledger.types import BigId, Exact, UtcTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

event = Table(
    "event",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("connection", String(64), nullable=False),
    Column("event_id", String(128), nullable=False),
    Column("body_hash", String(64), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("source", String(16), nullable=False),
    Column("resource_id", String(64)),
    Column("resource_version", Integer),
    Column("record_id", BigId),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("taken_at", UtcTime, nullable=False),
    UniqueConstraint("connection", "event_id", "body_hash"),
    Index("ix_event_record", "record_id", "id"),
)

record = Table(
    "record",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("connection", String(64), nullable=False),
    Column("site", String(64), nullable=False),
    Column("document", String(32), nullable=False),
    Column("source_id", String(128), nullable=False),
    Column("lane", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("revision", Integer, nullable=False, default=0),
    # What the storefront wants, what we have read of it, and what the ERP has.
    Column("wanted_version", Integer, nullable=False),
    Column("version", Integer, nullable=False, default=0),
    Column("written_version", Integer),
    Column("needs_read", Boolean, nullable=False, default=False),
    Column("read_from", UtcTime),
    Column("order_number", String(64)),
    Column("placed_at", UtcTime),
    # When the owner of what is shown had it so.
    Column("as_of", UtcTime),
    Column("content_hash", String(64)),
    Column("content", Text),
    Column("mapped", Text),
    Column("mapping_version", String(64)),
    Column("amount", Exact),
    Column("currency", String(3)),
    Column("customer_record_id", BigId),
    Column("parent_id", BigId),
    # When and by whom it may be written.
    Column("priority", SmallInteger, nullable=False, default=1),
    Column("due_at", UtcTime, nullable=False),
    Column("failures", Integer, nullable=False, default=0),
    Column("batch_id", BigId),
    Column("fence", BigId),
    # The write that happens once: the reserved key, and how often a write may have begun.
    Column("number", String(32)),
    Column("writes_begun", Integer, nullable=False, default=0),
    Column("doubts", Integer, nullable=False, default=0),
    Column("erp_total", Exact),
    Column("flags", String(128)),
    # Why it waits, for a condition or for a person.
    Column("condition", String(64)),
    Column("reason_code", String(64)),
    Column("reason_field", String(128)),
    Column("reason_value", String(256)),
    Column("reason_text", Text),
    Column("fingerprint", String(64)),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    # Its first three serve look-ups that know neither site nor lane.
    UniqueConstraint("connection", "document", "source_id", "site", "lane"),
    # A claim walks this in order and stops at its limit, however many wait behind.
    Index("ix_record_claim", "lane", "state", "priority", "due_at", "id"),
    Index("ix_record_state", "state", "updated_at", "id"),
    Index("ix_record_batch", "batch_id"),
    Index("ix_record_order_number", "order_number"),
    Index("ix_record_source", "source_id"),
    Index("ix_record_number", "number"),
    Index("ix_record_condition", "condition", "state", "lane", "id"),
    Index("ix_record_parent", "parent_id"),
    Index("ix_record_fingerprint", "fingerprint", "id"),
    Index("ix_record_seen", "connection", "document", "created_at"),
    sqlite_autoincrement=True,  # an id stands in stamps outside the ledger, so none is given twice
)
Index(
    "ix_record_needs_read",
    record.c.connection,
    record.c.id,
    sqlite_where=record.c.needs_read == true(),  # word for word as SQLAlchemy asks there, or it is not used
    postgresql_where=record.c.needs_read,
)

move = Table(
    "move",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("record_id", BigId, ForeignKey("record.id"), nullable=False),
    Column("origin", String(16)),
    Column("target", String(16), nullable=False),
    Column("why", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("version", Integer),
    Column("mapping_version", String(64)),
    Column("batch_id", BigId),
    Column("fence", BigId),
    Index("ix_move_record", "record_id", "id"),
)

lane = Table(
    "lane",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("fence", BigId, nullable=False, default=0),
    Column("halted", Boolean, nullable=False, default=False),
    Column("halt_reason", Text),
    Column("last_end", String(32)),
    Column("last_confirmed_at", UtcTime),
    # The order confirmed last: it is missing when the ERP was set back to an older state.
    Column("newest_order_id", BigId),
    # Set by a restore until the ERP has been read back: the time of the backup, and that of the restore.
    Column("restored_to", UtcTime),
    Column("restored_at", UtcTime),
    Column("updated_at", UtcTime, nullable=False),
)

window = Table(
    "window",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("lane", String(64), nullable=False),
    Column("scheduled_for", UtcTime, nullable=False),
    Column("opens_at", UtcTime, nullable=False),
    Column("closes_at", UtcTime, nullable=False),
    Column("opened_at", UtcTime),
    Column("closed_at", UtcTime),
    Column("state", String(16), nullable=False),
    Column("ended_by", String(64)),
    Column("fence", BigId),
    UniqueConstraint("lane", "scheduled_for"),
    Index("ix_window_state", "state", "lane", "scheduled_for"),
)

batch = Table(
    "batch",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("lane", String(64), nullable=False),
    Column("window_id", BigId),
    Column("fence", BigId),
    Column("document", String(32), nullable=False),
    Column("owner", String(128), nullable=False),
    Column("size", Integer, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
    Column("ended_by", String(64)),
    sqlite_autoincrement=True,  # an id stands in the agent's notes, so none is given twice
)
Index(
    "ix_batch_open",
    batch.c.lane,
    batch.c.expires_at,
    sqlite_where=batch.c.closed_at.is_(None),
    postgresql_where=batch.c.closed_at.is_(None),
)

probe = Table(
    "probe",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("record_id", BigId, ForeignKey("record.id"), nullable=False),
    Column("doubt", Integer, nullable=False),
    Column("fence", BigId),
    Column("verdict", String(16), nullable=False),
    Column("number", String(32)),
    Column("place", String(32)),
    Column("found_stamp", String(128)),
    Column("text", Text),
    Column("at", UtcTime, nullable=False),
    Index("ix_probe_record", "record_id", "doubt"),
)

identity = Table(
    "identity",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("record_id", BigId, nullable=False),
    Column("system", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("value", String(128), nullable=False),
    Column("at", UtcTime, nullable=False),
    UniqueConstraint("record_id", "system", "kind", "value"),
    Index("ix_identity_value", "value"),
)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("entity", String(32), nullable=False),
    Column("record_id", BigId),
    Column("origin", String(128), nullable=False),
    Column("reason", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("detail", Text),
    Column("body", LargeBinary),
    Column("opened_at", UtcTime, nullable=False),
    Column("queued_at", UtcTime),
    Column("closed_at", UtcTime),
    Column("closed_by", String(64)),
    Column("closed_why", Text),
    UniqueConstraint("origin"),
    Index("ix_dead_open", "closed_at", "entity", "id"),
    Index("ix_dead_fingerprint", "fingerprint", "id"),
    Index("ix_dead_record", "record_id", "id"),
)
_unqueued = dead_letter.c.closed_at.is_(None) & dead_letter.c.queued_at.is_(None)
Index("ix_dead_unqueued", dead_letter.c.queued_at, dead_letter.c.id, sqlite_where=_unqueued, postgresql_where=_unqueued)

alarm = Table(
    "alarm",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("urgency", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("first_at", UtcTime, nullable=False),
    Column("last_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("by", String(128), nullable=False),
)

watermark = Table(
    "watermark",
    metadata,
    Column("connection", String(64), primary_key=True),
    Column("resource", String(32), primary_key=True),
    Column("reached", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)

reading_pass = Table(
    "reading_pass",
    metadata,
    Column("lane", String(64), primary_key=True),
    Column("flow", String(64), primary_key=True),
    # Up to when everything has been read; then what the pass under way reads, from when on, and how far it has come.
    Column("reached", UtcTime),
    Column("began_at", UtcTime),
    Column("since", UtcTime),
    Column("position", Text),
    Column("pages", Integer, nullable=False, default=0),  # of a pass over everything: those of the night
    Column("changed", Integer, nullable=False, default=0),  # what that pass has found changed
    Column("updated_at", UtcTime, nullable=False),
)

velocity = Table(
    "velocity",
    metadata,
    Column("lane", String(64), primary_key=True),
    Column("measured_at", UtcTime, nullable=False),
    Column("content", Text, nullable=False),  # how fast each item sells, as JSON
)
