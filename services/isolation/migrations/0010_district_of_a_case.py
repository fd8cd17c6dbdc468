"""district of a case

Revision 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The timer name_districts fills it, page by page."""
    op.add_column("cases", sa.Column("district", sa.String(length=40), nullable=True))
    op.create_table(
        "district_walks",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("after", Id(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    op.drop_table("district_walks")
    op.drop_column("cases", "district")
