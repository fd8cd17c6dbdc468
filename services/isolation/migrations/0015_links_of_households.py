"""links of households

Revision 0015, after 0014. The timer link_households gives one to those whose case is open already.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Json

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "links",
        sa.Column("household", sa.String(length=36), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("cases", Json(), nullable=False),
        sa.PrimaryKeyConstraint("household"),
    )
    op.create_index("links_by_token", "links", ["token"], unique=True)


def downgrade() -> None:
    op.drop_table("links")
