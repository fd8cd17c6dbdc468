"""when a case moved to another place of ours, and cases that ended, by place, for lists

Revision 0018, after 0017.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_ENDED = sa.text("closed_at IS NOT NULL AND version > 0")


def upgrade() -> None:
    op.add_column("cases", sa.Column("moved_at", UtcDateTime))
    for place in ("street", "community"):
        op.create_index(
            f"cases_ended_in_{place}",
            "cases",
            [place, "closed_at"],
            postgresql_where=_ENDED,
            sqlite_where=_ENDED,
        )


def downgrade() -> None:
    for place in ("street", "community"):
        op.drop_index(f"cases_ended_in_{place}", table_name="cases")
    op.drop_column("cases", "moved_at")
