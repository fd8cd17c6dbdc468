"""texts of policies

Revision 0040, after 0039: every text that a policy had is kept, and a policy may be withdrawn. The texts that
were corrected before are lost; the one in force is kept with the next act on it.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Json, UtcDateTime

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("policies", sa.Column("withdrawn", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "policy_texts",
        sa.Column("policy_id", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("what", sa.String(length=10), nullable=False),
        sa.Column("document", Json(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("event_id", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("policy_id", "version"),
    )


def downgrade() -> None:
    op.drop_table("policy_texts")
    op.drop_column("policies", "withdrawn")
