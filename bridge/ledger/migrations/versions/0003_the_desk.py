"""The desk: sessions of people, the trail of what they did, and the indexes of its pages."""

import sqlalchemy as sa
from alembic import op

from bridge.ledger.types import BigId, UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_IS_CONFIRMATION = sa.text("target = 'CONFIRMED'")
_IS_ORDER = sa.text("document = 'order'")
_HAS_CUSTOMER = sa.text("customer_record_id IS NOT NULL")


def upgrade() -> None:
    """Adds the desk's tables and indexes."""
    op.create_table(
        "desk_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("used_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_desk_session")),
    )
    op.create_index("ix_desk_session_ends", "desk_session", ["ends_at"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_subject", "audit", ["subject", "id"], unique=False)
    op.create_index(
        "ix_move_confirmed",
        "move",
        ["at", "record_id"],
        unique=False,
        sqlite_where=_IS_CONFIRMATION,
        postgresql_where=_IS_CONFIRMATION,
    )
    op.create_index("ix_batch_window", "batch", ["window_id"], unique=False)
    op.create_index(
        "ix_record_order", "record", ["id"], unique=False, sqlite_where=_IS_ORDER, postgresql_where=_IS_ORDER
    )
    op.create_index(
        "ix_record_customer",
        "record",
        ["customer_record_id", "id"],
        unique=False,
        sqlite_where=_HAS_CUSTOMER,
        postgresql_where=_HAS_CUSTOMER,
    )


def downgrade() -> None:
    """Takes them away again, and with them who did what."""
    op.drop_index("ix_record_customer", table_name="record")
    op.drop_index("ix_batch_window", table_name="batch")
    op.drop_index("ix_record_order", table_name="record")
    op.drop_index("ix_move_confirmed", table_name="move")
    op.drop_table("audit")
    op.drop_table("desk_session")
