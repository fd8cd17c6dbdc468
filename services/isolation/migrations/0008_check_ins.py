"""check-ins

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, Json, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "check_ins",
        sa.Column("check_in_id", Id(), nullable=False),
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("corrects", Id(), nullable=True),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("temperature", sa.SmallInteger(), nullable=True),
        sa.Column("symptoms", Json(), nullable=False),
        sa.Column("how_known", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("task_id", Id(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("abnormal", sa.String(length=40), nullable=False),
        sa.Column("alarm_task_id", Id(), nullable=True),
        sa.Column("told", Json(), nullable=False),
        sa.PrimaryKeyConstraint("check_in_id"),
    )
    op.create_index("check_ins_of_case", "check_ins", ["case_id", "at"])
    corrections = sa.text("corrects IS NOT NULL")
    op.create_index(
        "check_ins_corrected",
        "check_ins",
        ["corrects"],
        postgresql_where=corrections,
        sqlite_where=corrections,
    )


def downgrade() -> None:
    op.drop_table("check_ins")
