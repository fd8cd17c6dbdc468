"""open cases by street and by community, for lists

Revision 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_open = sa.text("closed_at IS NULL")
    for place in ("street", "community"):
        op.create_index(
            f"cases_open_in_{place}",
            "cases",
            [place, "case_id"],
            postgresql_where=is_open,
            sqlite_where=is_open,
        )


def downgrade() -> None:
    for place in ("street", "community"):
        op.drop_index(f"cases_open_in_{place}", table_name="cases")
