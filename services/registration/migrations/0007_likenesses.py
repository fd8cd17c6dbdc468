"""likenesses

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_KEYS = ("name_birth", "phone", "number_head", "number_tail")
_OPEN = sa.text("state = 'open'")
_WITHOUT = sa.text("likeness_form < 1")


def upgrade() -> None:
    op.create_table(
        "likenesses",
        sa.Column("arrival_id", Id, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.BigInteger, nullable=False),
        *(sa.Column(key, sa.BigInteger) for key in _KEYS),
    )
    for key in _KEYS:
        there = sa.text(f"{key} IS NOT NULL")
        op.create_index(f"likenesses_{key}", "likenesses", [key], postgresql_where=there, sqlite_where=there)
    # A timer writes the rows of arrivals of before, and of those that an older replica still writes.
    op.add_column("arrivals", sa.Column("likeness_form", sa.SmallInteger, server_default="0", nullable=False))
    op.create_index(
        "arrivals_without_likeness",
        "arrivals",
        ["arrived_at"],
        postgresql_where=_WITHOUT,
        sqlite_where=_WITHOUT,
    )
    op.create_index("possible_duplicates_second", "possible_duplicates", ["second"])
    op.create_index(
        "possible_duplicates_open",
        "possible_duplicates",
        ["opened_at", "why", "state"],
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    )


def downgrade() -> None:
    op.drop_index("possible_duplicates_open", table_name="possible_duplicates")
    op.drop_index("possible_duplicates_second", table_name="possible_duplicates")
    op.drop_index("arrivals_without_likeness", table_name="arrivals")
    op.drop_column("arrivals", "likeness_form")
    op.drop_table("likenesses")
