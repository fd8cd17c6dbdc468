"""who saw what at a door, and why

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "views",
        sa.Column("id", Id(), nullable=False),
        sa.Column("viewed_at", UtcDateTime(), nullable=False),
        sa.Column("viewer", sa.String(length=200), nullable=False),
        sa.Column("about", sa.String(length=40), nullable=False),
        sa.Column("about_id", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("views_pkey")),
    )
    once = sa.text("day IS NOT NULL")
    op.create_index(
        "views_once_a_day",
        "views",
        ["viewer", "about_id", "day", "about"],
        unique=True,
        postgresql_where=once,
        sqlite_where=once,
    )
    op.create_index("views_of", "views", ["about_id"])


def downgrade() -> None:
    """Who saw what is known nowhere else, and stays."""
