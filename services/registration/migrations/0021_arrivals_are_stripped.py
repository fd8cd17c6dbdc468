"""arrivals are stripped

Revision 0021, after 0020. Isolation says which; none is yet.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_DUE = sa.text("strip_on IS NOT NULL")


def upgrade() -> None:
    op.add_column("arrivals", sa.Column("strip_on", sa.Date(), nullable=True))
    op.add_column("arrivals", sa.Column("stripped_at", UtcDateTime(), nullable=True))
    op.create_index(
        "arrivals_to_strip", "arrivals", ["strip_on"], unique=False, postgresql_where=_DUE, sqlite_where=_DUE
    )


def downgrade() -> None:
    op.drop_index("arrivals_to_strip", table_name="arrivals")
    op.drop_column("arrivals", "stripped_at")
    op.drop_column("arrivals", "strip_on")
