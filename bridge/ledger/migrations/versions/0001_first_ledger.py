"""The first ledger: events, records, moves, lanes, windows, batches, probes, identities, dead letters, alarms."""

import sqlalchemy as sa
from alembic import op

from bridge.ledger.types import BigId, Exact, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes every table."""
    op.create_table(
        "alarm",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("urgency", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", UtcTime(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alarm")),
    )
    op.create_table(
        "batch",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("lane", sa.String(length=64), nullable=False),
        sa.Column("window_id", BigId, nullable=True),
        sa.Column("fence", BigId, nullable=True),
        sa.Column("document", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=128), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    _create_partial_index("ix_batch_open", "batch", ["lane", "expires_at"], "closed_at IS NULL")
    op.create_table(
        "dead_letter",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("entity", sa.String(length=32), nullable=False),
        sa.Column("record_id", BigId, nullable=True),
        sa.Column("origin", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("queued_at", UtcTime(), nullable=True),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.Column("closed_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
        sa.UniqueConstraint("origin", name=op.f("uq_dead_letter_origin")),
    )
    op.create_index("ix_dead_fingerprint", "dead_letter", ["fingerprint", "id"], unique=False)
    op.create_index("ix_dead_record", "dead_letter", ["record_id", "id"], unique=False)
    _create_partial_index(
        "ix_dead_unqueued", "dead_letter", ["queued_at", "id"], "closed_at IS NULL AND queued_at IS NULL"
    )
    op.create_index("ix_dead_open", "dead_letter", ["closed_at", "entity", "id"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=128), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("resource_id", sa.String(length=64), nullable=True),
        sa.Column("resource_version", sa.Integer(), nullable=True),
        sa.Column("record_id", BigId, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("taken_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("connection", "event_id", "body_hash", name=op.f("uq_event_connection_event_id_body_hash")),
    )
    op.create_index("ix_event_record", "event", ["record_id", "id"], unique=False)
    op.create_table(
        "identity",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=128), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint(
            "record_id", "system", "kind", "value", name=op.f("uq_identity_record_id_system_kind_value")
        ),
    )
    op.create_index("ix_identity_value", "identity", ["value"], unique=False)
    op.create_table(
        "lane",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("fence", BigId, nullable=False),
        sa.Column("halted", sa.Boolean(), nullable=False),
        sa.Column("halt_reason", sa.Text(), nullable=True),
        sa.Column("last_end", sa.String(length=32), nullable=True),
        sa.Column("last_confirmed_at", UtcTime(), nullable=True),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lane")),
    )
    op.create_table(
        "record",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("document", sa.String(length=32), nullable=False),
        sa.Column("source_id", sa.String(length=128), nullable=False),
        sa.Column("lane", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("wanted_version", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("written_version", sa.Integer(), nullable=True),
        sa.Column("needs_read", sa.Boolean(), nullable=False),
        sa.Column("read_from", UtcTime(), nullable=True),
        sa.Column("order_number", sa.String(length=64), nullable=True),
        sa.Column("placed_at", UtcTime(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("mapped", sa.Text(), nullable=True),
        sa.Column("mapping_version", sa.String(length=64), nullable=True),
        sa.Column("amount", Exact(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("customer_record_id", BigId, nullable=True),
        sa.Column("parent_id", BigId, nullable=True),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("batch_id", BigId, nullable=True),
        sa.Column("fence", BigId, nullable=True),
        sa.Column("number", sa.String(length=32), nullable=True),
        sa.Column("writes_begun", sa.Integer(), nullable=False),
        sa.Column("doubts", sa.Integer(), nullable=False),
        sa.Column("erp_total", Exact(), nullable=True),
        sa.Column("flags", sa.String(length=128), nullable=True),
        sa.Column("condition", sa.String(length=64), nullable=True),
        sa.Column("reason_code", sa.String(length=64), nullable=True),
        sa.Column("reason_field", sa.String(length=128), nullable=True),
        sa.Column("reason_value", sa.String(length=256), nullable=True),
        sa.Column("reason_text", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
        sa.UniqueConstraint(
            "connection",
            "document",
            "source_id",
            "site",
            "lane",
            name=op.f("uq_record_connection_document_source_id_site_lane"),
        ),
    )
    op.create_index("ix_record_batch", "record", ["batch_id"], unique=False)
    op.create_index("ix_record_claim", "record", ["lane", "state", "priority", "due_at", "id"], unique=False)
    op.create_index("ix_record_condition", "record", ["condition", "state", "lane", "id"], unique=False)
    op.create_index("ix_record_due", "record", ["due_at"], unique=False)
    op.create_index("ix_record_fingerprint", "record", ["fingerprint", "id"], unique=False)
    _create_partial_index("ix_record_needs_read", "record", ["connection", "id"], "needs_read", sqlite="needs_read = 1")
    op.create_index("ix_record_number", "record", ["number"], unique=False)
    op.create_index("ix_record_order_number", "record", ["order_number"], unique=False)
    op.create_index("ix_record_source", "record", ["source_id"], unique=False)
    op.create_index("ix_record_parent", "record", ["parent_id"], unique=False)
    op.create_index("ix_record_state", "record", ["state", "updated_at", "id"], unique=False)
    op.create_table(
        "watermark",
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("resource", sa.String(length=32), nullable=False),
        sa.Column("reached", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "resource", name=op.f("pk_watermark")),
    )
    op.create_table(
        "window",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("lane", sa.String(length=64), nullable=False),
        sa.Column("scheduled_for", UtcTime(), nullable=False),
        sa.Column("opens_at", UtcTime(), nullable=False),
        sa.Column("closes_at", UtcTime(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=True),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("fence", BigId, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_window")),
        sa.UniqueConstraint("lane", "scheduled_for", name=op.f("uq_window_lane_scheduled_for")),
    )
    op.create_index("ix_window_state", "window", ["state", "lane", "scheduled_for"], unique=False)
    op.create_table(
        "move",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=True),
        sa.Column("target", sa.String(length=16), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("mapping_version", sa.String(length=64), nullable=True),
        sa.Column("batch_id", BigId, nullable=True),
        sa.Column("fence", BigId, nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_move_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_move")),
    )
    op.create_index("ix_move_record", "move", ["record_id", "id"], unique=False)
    op.create_table(
        "probe",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.Column("doubt", sa.Integer(), nullable=False),
        sa.Column("fence", BigId, nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=True),
        sa.Column("place", sa.String(length=32), nullable=True),
        sa.Column("found_stamp", sa.String(length=128), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_probe_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_probe")),
    )
    op.create_index("ix_probe_record", "probe", ["record_id", "doubt"], unique=False)


def _create_partial_index(name: str, table: str, columns: list[str], where: str, sqlite: str | None = None) -> None:
    """`sqlite` says the same in the words that SQLite is asked with, where they differ."""
    op.create_index(
        name, table, columns, unique=False, sqlite_where=sa.text(sqlite or where), postgresql_where=sa.text(where)
    )


def downgrade() -> None:
    """Drops every table, and its indexes with it."""
    op.drop_table("probe")
    op.drop_table("move")
    op.drop_table("window")
    op.drop_table("watermark")
    op.drop_table("record")
    op.drop_table("lane")
    op.drop_table("identity")
    op.drop_table("event")
    op.drop_table("dead_letter")
    op.drop_table("batch")
    op.drop_table("alarm")
