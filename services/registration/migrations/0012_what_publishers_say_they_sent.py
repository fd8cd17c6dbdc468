"""what publishers say they sent; what was there before arrivals were counted

Revision 0012, after 0010.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, Json, UtcDateTime

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "closed_batches",
        sa.Column("id", Id(), nullable=False),
        sa.Column("publisher", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("said", sa.Integer(), nullable=False),
        sa.Column("ids", Json(), nullable=True),
        sa.Column("said_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    still_open = sa.text("settled_at IS NULL")
    op.create_index(
        "closed_batches_open",
        "closed_batches",
        ["looked_at"],
        postgresql_where=still_open,
        sqlite_where=still_open,
    )
    op.create_table(
        "uncounted_reports",
        sa.Column("publisher", sa.String(length=100), nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("later_letters", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("publisher"),
    )
    _count_what_is_there()


def _count_what_is_there() -> None:
    """Reads reports once, as each audit does."""
    columns = "INSERT INTO uncounted_reports (publisher, reports, letters, later_letters)"
    named = "corrects IS NULL AND COALESCE(publisher, '')"
    op.execute(
        f"{columns} SELECT publisher, COUNT(*), 0, 0 FROM reports WHERE {named} <> '' GROUP BY publisher"
    )
    letters = "SELECT COUNT(*) FROM dead_letters WHERE handler = 'registration.receive_report' AND follows"
    op.execute(
        f"{columns} VALUES ('', (SELECT COUNT(*) FROM reports WHERE {named} = ''),"
        f" ({letters} IS NULL), ({letters} IS NOT NULL))"
    )


def downgrade() -> None:
    """What publishers said stays: nothing else knows it."""
