"""acts on dead letters

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dead_letter_acts",
        sa.Column("id", Id(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("filter", Json(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("chosen", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("dead_letters", sa.Column("act_id", Id(), nullable=True))
    op.add_column("dead_letters", sa.Column("handled_at", UtcDateTime(), nullable=True))
    op.add_column("dead_letters", sa.Column("follows", Id(), nullable=True))
    for name, column in (("dead_letters_by_act", "act_id"), ("dead_letters_that_follow", "follows")):
        given = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            name, "dead_letters", [column], unique=False, postgresql_where=given, sqlite_where=given
        )


def downgrade() -> None:
    op.drop_index("dead_letters_that_follow", table_name="dead_letters")
    op.drop_index("dead_letters_by_act", table_name="dead_letters")
    op.drop_column("dead_letters", "follows")
    op.drop_column("dead_letters", "handled_at")
    op.drop_column("dead_letters", "act_id")
    op.drop_table("dead_letter_acts")
