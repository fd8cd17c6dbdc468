"""phones of staff, and which messages were written for whoever has one

Revision 0007, after 0006. Nobody has one until the console says so.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phones",
        sa.Column("staff_id", sa.String(length=40), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("as_of", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("staff_id"),
    )
    op.add_column("messages", sa.Column("on_phone", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("messages", "on_phone")
    op.drop_table("phones")
