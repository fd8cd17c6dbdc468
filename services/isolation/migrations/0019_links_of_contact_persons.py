"""links of contact persons

Revision 0019, after 0018. Whoever was named before gets one when their household's
contacts are said again.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact_links",
        sa.Column("id", Id(), nullable=False),
        sa.Column("household", sa.String(length=36), nullable=False),
        sa.Column("phone", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("contact_links_by_token", "contact_links", ["token"], unique=True)
    op.create_index("contact_links_of", "contact_links", ["household", "phone"], unique=False)


def downgrade() -> None:
    op.drop_table("contact_links")
