"""what a message and the broker say of themselves; how many events arrived

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("content_encoding", sa.String(length=200), nullable=True),
        sa.Column("death", sa.String(length=20), nullable=True),
        sa.Column("unread_bytes", sa.Integer(), nullable=True),
    ):
        op.add_column("dead_letters", column)
    op.create_table(
        "arrived_events",
        sa.Column("handler", sa.String(length=60), nullable=False),
        sa.Column("publisher", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("handler", "publisher", "source", "day", "outcome", "shard"),
    )


def downgrade() -> None:
    """The counts stay: nothing else knows them."""
