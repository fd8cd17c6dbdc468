"""versions of tasks

Revision 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("version", sa.SmallInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("tasks", "version")
