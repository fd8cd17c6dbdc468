"""who waits for places and staff

Revision 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_WAITING = sa.text("unassigned_since IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "arrivals_to_place",
        "arrivals",
        ["placed_with", "unassigned_since"],
        postgresql_where=_WAITING,
        sqlite_where=_WAITING,
    )


def downgrade() -> None:
    op.drop_index("arrivals_to_place", table_name="arrivals")
