"""walks through large tables

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "walks",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("after", sa.String(length=60), nullable=False),
        sa.Column("mark", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("walks_pkey")),
    )


def downgrade() -> None:
    op.drop_table("walks")
