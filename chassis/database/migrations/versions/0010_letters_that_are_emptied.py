"""letters that are emptied

Revision 0010, after 0009. By this index a chore finds letters that were settled long ago.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_WHOLE = sa.text("settled_at IS NOT NULL AND event_id IS NOT NULL AND length(sealed_body) > 120")


def upgrade() -> None:
    op.create_index(
        "dead_letters_to_empty",
        "dead_letters",
        ["settled_at"],
        unique=False,
        postgresql_where=_WHOLE,
        sqlite_where=_WHOLE,
    )


def downgrade() -> None:
    op.drop_index("dead_letters_to_empty", table_name="dead_letters")
