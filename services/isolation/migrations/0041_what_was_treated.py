"""what was treated

Revision 0041, after 0040: what was found before somebody came back from hospital may turn out to be a
mistake.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, Json, UtcDateTime

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("positives", sa.Column("treated_from", UtcDateTime(), nullable=True))
    op.add_column("positives", sa.Column("treated_id", Id(), nullable=True))
    op.add_column("positives", sa.Column("treated_told", Json(), nullable=True))


def downgrade() -> None:
    for name in ("treated_told", "treated_id", "treated_from"):
        op.drop_column("positives", name)
