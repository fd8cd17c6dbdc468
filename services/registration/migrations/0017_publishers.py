"""publishers, what each may say, and their API keys

Revision 0017, after 0016.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, Json, UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "publishers",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("may", Json(), nullable=False),
        sa.Column("own_queue", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "publisher_keys",
        sa.Column("id", Id(), nullable=False),
        sa.Column("publisher", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("publisher_keys_digest", "publisher_keys", ["digest"], unique=True)
    counting = sa.text("ended_at IS NULL")
    op.create_index(
        "publisher_keys_publisher",
        "publisher_keys",
        ["publisher"],
        postgresql_where=counting,
        sqlite_where=counting,
    )


def downgrade() -> None:
    """Who may publish what stays: nothing else knows it."""
