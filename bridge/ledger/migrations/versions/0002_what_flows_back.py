"""What flows back: when the ERP had it so, how far each reading pass has come, and how fast items sell."""

import sqlalchemy as sa
from alembic import op

from bridge.ledger.types import UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds what the flows from the ERP to the storefronts need."""
    op.add_column("record", sa.Column("as_of", UtcTime(), nullable=True))
    op.create_table(
        "reading_pass",
        sa.Column("lane", sa.String(length=64), nullable=False),
        sa.Column("flow", sa.String(length=64), nullable=False),
        sa.Column("reached", UtcTime(), nullable=True),
        sa.Column("began_at", UtcTime(), nullable=True),
        sa.Column("since", UtcTime(), nullable=True),
        sa.Column("position", sa.Text(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("lane", "flow", name=op.f("pk_reading_pass")),
    )
    op.create_table(
        "velocity",
        sa.Column("lane", sa.String(length=64), nullable=False),
        sa.Column("measured_at", UtcTime(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("lane", name=op.f("pk_velocity")),
    )


def downgrade() -> None:
    """Takes it away again; what was read is then read anew."""
    op.drop_table("velocity")
    op.drop_table("reading_pass")
    op.drop_column("record", "as_of")
