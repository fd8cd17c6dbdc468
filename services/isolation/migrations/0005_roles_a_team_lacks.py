"""roles a team lacks

Revision 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("team_lacks", sa.String(length=200), nullable=True))
    thin = sa.text("team_lacks IS NOT NULL AND closed_at IS NULL")
    op.create_index(
        "cases_short_of_staff", "cases", ["staff_epoch"], postgresql_where=thin, sqlite_where=thin
    )


def downgrade() -> None:
    op.drop_index("cases_short_of_staff", table_name="cases")
    op.drop_column("cases", "team_lacks")
