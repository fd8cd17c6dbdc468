"""release checks

Revision 0022, after 0021. A row for each case whose last day is planned; those of before are
looked at as soon as the service runs.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "release_checks",
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("check_at", UtcDateTime(), nullable=True),
        sa.Column("lacks", sa.String(length=100), nullable=False),
        sa.Column("proposed_at", UtcDateTime(), nullable=True),
        sa.Column("past_since", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("case_id"),
    )
    for name, column in (
        ("release_checks_due", "check_at"),
        ("release_checks_proposed", "proposed_at"),
        ("release_checks_held", "past_since"),
    ):
        there = sa.text(f"{column} is not null")
        op.create_index(
            name, "release_checks", [column], unique=False, postgresql_where=there, sqlite_where=there
        )
    op.execute(
        "insert into release_checks (case_id, check_at, lacks) select case_id, opened_at, '' from cases "
        "where closed_at is null and plan_next is null and days > 0"
    )


def downgrade() -> None:
    op.drop_table("release_checks")
