"""count for metrics

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OPEN = sa.text("outcome = 'needs_correction'")


def upgrade() -> None:
    _index("received_at", "publisher", "outcome")


def downgrade() -> None:
    _index("received_at")


def _index(*columns: str) -> None:
    op.drop_index("reports_needing_correction", table_name="reports")
    op.create_index(
        "reports_needing_correction", "reports", list(columns), postgresql_where=_OPEN, sqlite_where=_OPEN
    )
