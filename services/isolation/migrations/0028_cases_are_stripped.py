"""cases are stripped

Revision 0028, after 0027. By these indexes a timer finds those whose term has passed; cases of before get
their day by the same timer.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import UtcDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_DUE = sa.text("strip_on IS NOT NULL")
_NAMED = sa.text("identity IS NOT NULL")


def upgrade() -> None:
    op.add_column("cases", sa.Column("strip_on", sa.Date(), nullable=True))
    op.add_column("cases", sa.Column("stripped_at", UtcDateTime(), nullable=True))
    op.create_index(
        "cases_to_strip", "cases", ["strip_on"], unique=False, postgresql_where=_DUE, sqlite_where=_DUE
    )
    op.create_index(
        "results_of_nobody_to_strip",
        "results_of_nobody",
        ["received_at"],
        unique=False,
        postgresql_where=_NAMED,
        sqlite_where=_NAMED,
    )


def downgrade() -> None:
    op.drop_index("results_of_nobody_to_strip", table_name="results_of_nobody")
    op.drop_index("cases_to_strip", table_name="cases")
    op.drop_column("cases", "stripped_at")
    op.drop_column("cases", "strip_on")
