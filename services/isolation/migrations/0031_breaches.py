"""breaches

Revision 0031, after 0030: what contradicts a measure, with what an officer finds of it; what whoever came to
a door saw. The tasks of breaches, too, are found again by the index of what went with its case.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, UtcDateTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_KINDS = (
    "state = 'cancelled' AND kind IN ('meet_need', 'medical_need', 'settle_refusal', 'see_abnormal', "
    "'decide_permit', 'urgent_permit', 'review_permit'"
)
_BEFORE = sa.text(f"{_KINDS})")
_NOW = sa.text(f"{_KINDS}, 'see_breach', 'judge_breach', 'settle_breach')")


def upgrade() -> None:
    op.create_table(
        "breaches",
        sa.Column("breach_id", Id(), nullable=False),
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("suspected_at", UtcDateTime(), nullable=False),
        sa.Column("passage_id", Id(), nullable=True),
        sa.Column("permit_id", Id(), nullable=True),
        sa.Column("saw", sa.Text(), nullable=True),
        sa.Column("reported_by", sa.String(length=200), nullable=True),
        sa.Column("task_id", Id(), nullable=False),
        sa.Column("judge_task_id", Id(), nullable=False),
        sa.Column("settle_task_id", Id(), nullable=True),
        sa.Column("in_order_at", UtcDateTime(), nullable=True),
        sa.Column("judgement", sa.String(length=20), nullable=True),
        sa.Column("judged_at", UtcDateTime(), nullable=True),
        sa.Column("judged_by", sa.String(length=200), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("breach_id"),
    )
    op.create_index("breaches_of_case", "breaches", ["case_id", "at"], unique=False)
    op.create_index("breaches_of_task", "breaches", ["task_id"], unique=False)
    op.create_index("breaches_of_judge_task", "breaches", ["judge_task_id"], unique=True)
    settled = sa.text("settle_task_id IS NOT NULL")
    op.create_index(
        "breaches_of_settle_task",
        "breaches",
        ["settle_task_id"],
        unique=False,
        postgresql_where=settled,
        sqlite_where=settled,
    )
    confirmed = sa.text("state = 'confirmed'")
    op.create_index(
        "breaches_confirmed",
        "breaches",
        ["judged_at", "breach_id"],
        unique=False,
        postgresql_where=confirmed,
        sqlite_where=confirmed,
    )
    op.add_column("passages", sa.Column("saw", sa.Text(), nullable=True))
    _index(_NOW)


def downgrade() -> None:
    _index(_BEFORE)
    op.drop_column("passages", "saw")
    op.drop_table("breaches")


def _index(where: sa.TextClause) -> None:
    op.drop_index("tasks_taken_back", table_name="tasks")
    op.create_index(
        "tasks_taken_back", "tasks", ["due_from"], unique=False, postgresql_where=where, sqlite_where=where
    )
