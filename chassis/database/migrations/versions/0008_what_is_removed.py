"""what is removed by hand, and what is sealed of the trails

Revision 0008, after 0007. The guards themselves are put after all migrations: chassis.database.guards.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "removed_rows",
        sa.Column("id", Id(), nullable=False),
        sa.Column("of_table", sa.String(length=60), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=False),
        sa.Column("removed_by", sa.String(length=200), nullable=False),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("accepted_by", sa.String(length=100), nullable=True),
        sa.Column("accepted_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("removed_rows_pkey")),
    )
    op.create_table(
        "trail_pieces",
        sa.Column("trail", sa.String(length=60), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_id", Id(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("trail", "number", name=op.f("trail_pieces_pkey")),
    )


def downgrade() -> None:
    op.drop_table("trail_pieces")
    op.drop_table("removed_rows")
