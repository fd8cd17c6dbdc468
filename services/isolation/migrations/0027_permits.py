"""permits

Revision 0027, after 0026: leave to go out, its outings, and who was seen going out or coming back. The
tasks of permits and those to look at somebody, too, are found again by the index of what went with its case.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, Json, UtcDateTime

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_HOUSEHOLD = "state = 'cancelled' AND kind IN ('meet_need', 'medical_need', 'settle_refusal'"
_BEFORE = sa.text(f"{_HOUSEHOLD})")
_NOW = sa.text(f"{_HOUSEHOLD}, 'see_abnormal', 'decide_permit', 'urgent_permit', 'review_permit')")


def upgrade() -> None:
    op.create_table(
        "permits",
        sa.Column("permit_id", Id(), nullable=False),
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("people", Json(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("begins", UtcDateTime(), nullable=False),
        sa.Column("ends", UtcDateTime(), nullable=False),
        sa.Column("task_id", Id(), nullable=False),
        sa.Column("told", Json(), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("permit_id"),
    )
    op.create_index("permits_of_case", "permits", ["case_id", "at"], unique=False)
    op.create_index("permits_of_task", "permits", ["task_id"], unique=True)
    op.create_table(
        "outings",
        sa.Column("permit_id", Id(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("begins", UtcDateTime(), nullable=False),
        sa.Column("ends", UtcDateTime(), nullable=False),
        sa.Column("left_at", UtcDateTime(), nullable=True),
        sa.Column("back_at", UtcDateTime(), nullable=True),
        sa.Column("check_at", UtcDateTime(), nullable=True),
        sa.Column("task_id", Id(), nullable=True),
        sa.PrimaryKeyConstraint("permit_id", "number", "case_id"),
    )
    op.create_index("outings_of_case", "outings", ["case_id", "ends"], unique=False)
    waits = sa.text("check_at IS NOT NULL")
    op.create_index("outings_to_check", "outings", ["check_at"], postgresql_where=waits, sqlite_where=waits)
    out = sa.text("left_at IS NOT NULL AND back_at IS NULL")
    op.create_index("outings_out", "outings", ["ends"], postgresql_where=out, sqlite_where=out)
    op.create_table(
        "passages",
        sa.Column("passage_id", Id(), nullable=False),
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("task_id", Id(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("passage_id"),
    )
    op.create_index("passages_of_case", "passages", ["case_id", "at"], unique=False)
    _index("tasks_taken_back", _NOW)
    op.drop_index("tasks_of_household_taken_back", table_name="tasks")


def downgrade() -> None:
    op.drop_table("passages")
    op.drop_table("outings")
    op.drop_table("permits")
    _index("tasks_of_household_taken_back", _BEFORE)
    op.drop_index("tasks_taken_back", table_name="tasks")


def _index(name: str, where: sa.TextClause) -> None:
    op.create_index(name, "tasks", ["due_from"], unique=False, postgresql_where=where, sqlite_where=where)
