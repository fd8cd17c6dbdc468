"""merged cases

Revision 0026, after 0025: as which case one goes on whose arrival turned out to be another one.
"""

import sqlalchemy as sa
from alembic import op

import chassis.database.types

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

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


def downgrade() -> None:
    op.drop_index("merged_cases_to_look_at", table_name="merged_cases")
    op.drop_index("merged_cases_by_end", table_name="merged_cases")
    op.drop_table("merged_cases")
