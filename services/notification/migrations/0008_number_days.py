"""how many texts went to a number on a day

Revision 0008, after 0007. What went out before today counts for nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "number_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("texts", sa.SmallInteger(), nullable=False),
        sa.Column("urgent", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "number"),
    )


def downgrade() -> None:
    op.drop_table("number_days")
