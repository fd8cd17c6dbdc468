"""transfers

Revision 0022, after 0021: whom another community is asked to take over, and what it answered.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_OPEN = sa.text("state IN ('asked', 'refused')")


def upgrade() -> None:
    op.create_table(
        "transfers",
        sa.Column("transfer_id", Id(), nullable=False),
        sa.Column("arrival_id", Id(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("street", sa.String(length=40), nullable=True),
        sa.Column("community", sa.String(length=40), nullable=True),
        sa.Column("grid", sa.String(length=40), nullable=True),
        sa.Column("from_street", sa.String(length=40), nullable=True),
        sa.Column("from_community", sa.String(length=40), nullable=True),
        sa.Column("moves_on", sa.Date(), nullable=True),
        sa.Column("asked", sa.Text(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("answer_by", UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("by_command", sa.String(length=200), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("transfer_id", "arrival_id"),
    )
    op.create_index("transfers_of_arrival", "transfers", ["arrival_id"], unique=False)
    op.create_index(
        "transfers_open",
        "transfers",
        ["answer_by", "transfer_id", "arrival_id"],
        unique=False,
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    )


def downgrade() -> None:
    op.drop_table("transfers")
