"""corrected risk lists

Revision 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Json, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("risk_lists", sa.Column("said_at", UtcDateTime(), nullable=True))
    op.create_table(
        "corrected_risk_lists",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("imported_at", UtcDateTime(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("areas", Json(), nullable=False),
        sa.Column("summary", Json(), nullable=False),
        sa.Column("said_at", UtcDateTime(), nullable=True),
        sa.Column("corrected_by", sa.String(length=60), nullable=False),
        sa.Column("corrected_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("corrected_risk_lists_pkey")),
    )
    op.create_index("corrected_risk_lists_published_at", "corrected_risk_lists", ["published_at"])


def downgrade() -> None:
    op.drop_table("corrected_risk_lists")
    op.drop_column("risk_lists", "said_at")
