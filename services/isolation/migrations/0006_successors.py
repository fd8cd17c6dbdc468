"""successors of places and staff

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("places", sa.Column("successor", sa.String(length=40), nullable=True))
    op.add_column("staff", sa.Column("replaced_by", sa.String(length=40), nullable=True))


def downgrade() -> None:
    op.drop_column("staff", "replaced_by")
    op.drop_column("places", "successor")
