"""digests, and what staff were sent

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_WAITS = sa.text("cases != cases_told OR folded != folded_told")
_HELD = sa.text("state = 'held'")


def upgrade() -> None:
    op.add_column("notices", sa.Column("counted", sa.Text(), nullable=True))
    op.add_column("messages", sa.Column("digest", Id(), nullable=True))
    op.add_column("messages", sa.Column("counted_on", sa.Date(), nullable=True))
    op.add_column("messages", sa.Column("deputy", sa.String(length=40), nullable=True))
    _index("messages_held", "messages", ["due_at"], _HELD)
    _index("messages_in_digest", "messages", ["digest"], sa.text("digest IS NOT NULL"))
    op.create_table(
        "digests",
        sa.Column("id", Id(), nullable=False),
        sa.Column("staff_id", sa.String(length=40), nullable=False),
        sa.Column("hour", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=True),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("channels", sa.String(length=60), nullable=False),
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("cases_told", sa.Integer(), nullable=False),
        sa.Column("folded", sa.Integer(), nullable=False),
        sa.Column("folded_told", sa.Integer(), nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.Column("message_id", Id(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("digests_to_tell", "digests", ["due_at", "staff_id"], _WAITS)
    _index("digests_by_message", "digests", ["message_id"], sa.text("message_id IS NOT NULL"))
    op.create_index("digests_of_staff", "digests", ["staff_id", "hour"], unique=False)
    op.create_table(
        "digest_counts",
        sa.Column("id", Id(), nullable=False),
        sa.Column("hour", UtcDateTime(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("counts", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "staff_sent",
        sa.Column("staff_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("messages", sa.SmallInteger(), nullable=False),
        sa.Column("digest_at", UtcDateTime(), nullable=True),
        sa.Column("digest_message", Id(), nullable=True),
        sa.PrimaryKeyConstraint("staff_id"),
    )


def downgrade() -> None:
    op.drop_table("staff_sent")
    op.drop_table("digest_counts")
    op.drop_table("digests")
    op.drop_index("messages_in_digest", table_name="messages")
    op.drop_index("messages_held", table_name="messages")
    op.drop_column("messages", "deputy")
    op.drop_column("messages", "counted_on")
    op.drop_column("messages", "digest")
    op.drop_column("notices", "counted")


def _index(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, unique=False, postgresql_where=where, sqlite_where=where)
