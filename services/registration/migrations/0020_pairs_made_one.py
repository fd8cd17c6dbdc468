"""pairs that were made one, to be found again

Revision 0020, after 0019.
"""

from alembic import op
from sqlalchemy import text

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    merged = text("state = 'merged'")
    op.create_index(
        "possible_duplicates_made_one",
        "possible_duplicates",
        ["decided_at"],
        postgresql_where=merged,
        sqlite_where=merged,
    )


def downgrade() -> None:
    op.drop_index("possible_duplicates_made_one", table_name="possible_duplicates")
