"""What people are told: silences of alarms, digests that were sent, and the manifests of windows."""

import sqlalchemy as sa
from alembic import op

from bridge.ledger.types import BigId, Exact, UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the tables. What was confirmed before has one line each, outside of any window and with its total only."""
    op.create_table(
        "alarm_mute",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("pattern", sa.String(length=128), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_mute")),
    )
    op.create_index("ix_alarm_mute_until", "alarm_mute", ["until"], unique=False)
    op.create_table(
        "digest_told",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("taken_at", UtcTime(), nullable=False),
        sa.Column("told_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("day", "target", name=op.f("pk_digest_told")),
    )
    op.create_table(
        "manifest_line",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("window_id", BigId, nullable=True),
        sa.Column("lane", sa.String(length=64), nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.Column("document", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("amount", Exact(), nullable=True),
        sa.Column("erp_total", Exact(), nullable=True),
        sa.Column("goods", Exact(), nullable=True),
        sa.Column("freight", Exact(), nullable=True),
        sa.Column("tax", Exact(), nullable=True),
        sa.Column("payments", Exact(), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifest_line")),
    )
    op.create_index("ix_manifest_line_window", "manifest_line", ["window_id"], unique=False)
    op.create_index("ix_manifest_line_lane", "manifest_line", ["lane", "outcome", "at"], unique=False)
    op.create_index("ix_manifest_line_record", "manifest_line", ["record_id"], unique=False)
    op.execute(_CONFIRMED_BEFORE)


_CONFIRMED_BEFORE = """
INSERT INTO manifest_line (lane, record_id, document, outcome, currency, amount, erp_total, at)
SELECT lane, id, document, state, currency, amount, erp_total, updated_at FROM record
WHERE state = 'CONFIRMED' AND lane NOT LIKE 'storefront:%' ORDER BY id"""


def downgrade() -> None:
    """Takes them away again; what the windows wrote is then known from the journal only."""
    op.drop_table("manifest_line")
    op.drop_table("digest_told")
    op.drop_table("alarm_mute")
