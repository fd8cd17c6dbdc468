"""watched

Revision 0043, after 0042: whoever waits for something new of a case looks at it then, and at no other.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, UtcDateTime

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "watched",
        sa.Column("id", Id(), nullable=False),
        sa.Column("watcher", sa.String(length=10), nullable=False),
        sa.Column("look_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", "watcher"),
    )
    where = sa.text("look_at IS NOT NULL")
    op.create_index(
        "watched_to_look_at",
        "watched",
        ["watcher", "look_at"],
        unique=False,
        postgresql_where=where,
        sqlite_where=where,
    )
    # What was judged after the end of a case, and is not told yet: it is looked at once. Whoever stands in a
    # round is watched from when it is looked next how they stand.
    op.execute(
        "INSERT INTO watched (id, watcher, look_at) SELECT case_id, 'breaches', max(judged_at) "
        "FROM breaches WHERE told_confirmed IS NOT NULL AND judged_at IS NOT NULL GROUP BY case_id"
    )


def downgrade() -> None:
    op.drop_table("watched")
