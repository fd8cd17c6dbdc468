"""codes to set back

Revision 0045, after 0044: who is released from now on, and whose health code nobody has said to be set back.
Of those who were released before nobody knows it: they are not listed.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, UtcDateTime

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "codes_to_set_back",
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_index("codes_to_set_back_since", "codes_to_set_back", ["since", "case_id"])


def downgrade() -> None:
    op.drop_table("codes_to_set_back")
