"""staff are away or on duty; which command corrected a report

Revision 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_MOMENTS = ("away_from", "away_to", "duty_from", "duty_to")


def upgrade() -> None:
    op.add_column("reports", sa.Column("by_command", sa.String(length=200), nullable=True))
    for name in _MOMENTS:
        op.add_column("staff", sa.Column(name, UtcDateTime(), nullable=True))
    op.add_column("staff", sa.Column("deputy", sa.String(length=40), nullable=True))


def downgrade() -> None:
    for name in ("deputy", *_MOMENTS):
        op.drop_column("staff", name)
    op.drop_column("reports", "by_command")
