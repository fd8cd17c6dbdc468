"""merged cases

Revision 0026, after 0025: as which case one goes on whose arrival turned out to be another one. The index of
tasks that went with their case finds those to look at somebody, too.
"""

import sqlalchemy as sa
from alembic import op

import chassis.database.types

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_HOUSEHOLD = "state = 'cancelled' AND kind IN ('meet_need', 'medical_need', 'settle_refusal'"
_BEFORE = sa.text(f"{_HOUSEHOLD})")
_NOW = sa.text(f"{_HOUSEHOLD}, 'see_abnormal')")
_TO_LOOK_AT = sa.text("look_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "merged_cases",
        sa.Column("case_id", chassis.database.types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("goes_on_as", chassis.database.types.Id(), nullable=True),
        sa.Column("went_on_as", chassis.database.types.Id(), nullable=True),
        sa.Column("was_followed", sa.Boolean(), nullable=False),
        sa.Column("look_at", chassis.database.types.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_index("merged_cases_by_end", "merged_cases", ["goes_on_as"])
    op.create_index(
        "merged_cases_to_look_at",
        "merged_cases",
        ["look_at"],
        postgresql_where=_TO_LOOK_AT,
        sqlite_where=_TO_LOOK_AT,
    )
    _index("tasks_taken_back", _NOW)
    op.drop_index("tasks_of_household_taken_back", table_name="tasks")


def downgrade() -> None:
    _index("tasks_of_household_taken_back", _BEFORE)
    op.drop_index("tasks_taken_back", table_name="tasks")
    op.drop_index("merged_cases_to_look_at", table_name="merged_cases")
    op.drop_index("merged_cases_by_end", table_name="merged_cases")
    op.drop_table("merged_cases")


def _index(name: str, where: sa.TextClause) -> None:
    op.create_index(name, "tasks", ["due_from"], unique=False, postgresql_where=where, sqlite_where=where)
