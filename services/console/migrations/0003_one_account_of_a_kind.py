"""one account of a kind for a member of staff

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

IN_USE = sa.text("staff_id IS NOT NULL AND state <> 'ended'")


def upgrade() -> None:
    op.create_index(
        "accounts_one_of_a_kind",
        "accounts",
        ["staff_id", "kind"],
        unique=True,
        postgresql_where=IN_USE,
        sqlite_where=IN_USE,
    )


def downgrade() -> None:
    op.drop_index("accounts_one_of_a_kind", table_name="accounts")
