"""What people mend: fields of orders, names of items, and what a second person has yet to approve."""

import sqlalchemy as sa
from alembic import op

from bridge.ledger.types import BigId, UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the tables."""
    op.create_table(
        "amendment",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("element", sa.String(length=128), nullable=True),
        sa.Column("was", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("overtaken_at", UtcTime(), nullable=True),
        sa.Column("overtaken_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_amendment_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendment")),
    )
    op.create_index("ix_amendment_record", "amendment", ["record_id", "id"])
    op.create_table(
        "item_alias",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("lane", sa.String(length=64), nullable=False),
        sa.Column("sku", sa.String(length=128), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.Column("removed_by", sa.String(length=64), nullable=True),
        sa.Column("removed_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_alias")),
    )
    is_present = sa.text("removed_at IS NULL")
    op.create_index(
        "ix_item_alias_present", "item_alias", ["lane", "sku"], unique=True,
        sqlite_where=is_present, postgresql_where=is_present,
    )  # fmt: skip
    op.create_table(
        "intent",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intent")),
    )
    op.create_index("ix_intent_open", "intent", ["decision", "ends_at", "id"])
    is_customer = sa.text("document = 'customer'")
    op.create_index("ix_record_is_customer", "record", ["id"], sqlite_where=is_customer, postgresql_where=is_customer)


def downgrade() -> None:
    """Takes them away, and with them what people mended; orders that need it wait for a person again."""
    op.drop_index("ix_record_is_customer", table_name="record")
    op.drop_table("intent")
    op.drop_table("item_alias")
    op.drop_table("amendment")
