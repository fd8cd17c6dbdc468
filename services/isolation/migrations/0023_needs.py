"""needs

Revision 0023, after 0022.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, Json, UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "needs",
        sa.Column("need_id", Id(), nullable=False),
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("people", Json(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("days_left", sa.SmallInteger(), nullable=True),
        sa.Column("needs_cold", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("task_id", Id(), nullable=False),
        sa.Column("told", Json(), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("need_id"),
    )
    op.create_index("needs_of_case", "needs", ["case_id", "at"], unique=False)
    op.create_index("needs_of_task", "needs", ["task_id"], unique=True)


def downgrade() -> None:
    op.drop_table("needs")
