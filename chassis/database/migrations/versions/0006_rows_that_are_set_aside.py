"""rows that made a chore fail are set aside

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stuck_rows",
        sa.Column("chore", sa.String(length=100), nullable=False),
        sa.Column("of_table", sa.String(length=60), nullable=False),
        sa.Column("row_key", sa.String(length=200), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("retry_at", UtcDateTime(), nullable=False),
        sa.Column("error", sa.String(length=100), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("chore", "of_table", "row_key", name=op.f("stuck_rows_pkey")),
    )


def downgrade() -> None:
    op.drop_table("stuck_rows")
