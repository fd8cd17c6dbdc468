"""transfers

Revision 0029, after 0028: whom another district is asked to take over, and what came of it.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, UtcDateTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transfers",
        sa.Column("transfer_id", Id(), nullable=False),
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("task_id", Id(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("settled_by", sa.String(length=200), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("transfer_id"),
    )
    op.create_index("transfers_of_case", "transfers", ["case_id", "at"], unique=False)
    op.create_index("transfers_of_task", "transfers", ["task_id"], unique=True)
    op.create_index("transfers_by_time", "transfers", ["at"], unique=False)


def downgrade() -> None:
    op.drop_table("transfers")
