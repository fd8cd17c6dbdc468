"""cases at their end

Revision 0024, after 0023. By this index those are found whom a process of a version before left without a row
in release_checks.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_WHERE = sa.text("closed_at IS NULL AND plan_next IS NULL AND days > 0")


def upgrade() -> None:
    op.create_index(
        "cases_at_their_end",
        "cases",
        ["release_on"],
        unique=False,
        postgresql_where=_WHERE,
        sqlite_where=_WHERE,
    )


def downgrade() -> None:
    op.drop_index("cases_at_their_end", table_name="cases")
