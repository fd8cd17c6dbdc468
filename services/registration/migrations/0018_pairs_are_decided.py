"""who decided about a possible duplicate

Revision 0018, after 0017.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("possible_duplicates", sa.Column("decided_at", UtcDateTime()))
    op.add_column("possible_duplicates", sa.Column("decided_by", sa.String(length=200)))
    op.add_column("possible_duplicates", sa.Column("by_command", sa.String(length=200)))
    op.add_column("possible_duplicates", sa.Column("note", sa.Text()))


def downgrade() -> None:
    """What officers decided stays: nothing else knows it."""
