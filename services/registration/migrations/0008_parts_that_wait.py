"""parts of reports that wait for correction

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_WAITS = sa.text("part_waits")


def upgrade() -> None:
    op.add_column("reports", sa.Column("part_waits", sa.Boolean(), nullable=True))
    op.create_index(
        "reports_in_part",
        "reports",
        ["publisher", "part_waits"],
        postgresql_where=_WAITS,
        sqlite_where=_WAITS,
    )


def downgrade() -> None:
    op.drop_index("reports_in_part", table_name="reports")
    op.drop_column("reports", "part_waits")
