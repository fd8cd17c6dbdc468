"""phones ask for a PIN

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("opening", sa.String(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column("sessions", "opening")
