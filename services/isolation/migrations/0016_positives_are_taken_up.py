"""who took a positive of nobody here up, and what came of it

Revision 0016, after 0015.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("results_of_nobody", sa.Column("taken_up_at", UtcDateTime()))
    op.add_column("results_of_nobody", sa.Column("taken_up_as", sa.String(length=20)))
    op.add_column("results_of_nobody", sa.Column("taken_up_by", sa.String(length=200)))
    op.add_column("results_of_nobody", sa.Column("taken_up_event", sa.String(length=200)))
    op.add_column("results_of_nobody", sa.Column("taken_up_note", sa.Text()))


def downgrade() -> None:
    """What officers said stays: nothing else knows it."""
