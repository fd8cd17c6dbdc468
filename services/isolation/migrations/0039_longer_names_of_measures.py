"""longer names of measures

Revision 0039, after 0038: `home_health_monitoring` has 22 letters.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite holds texts of any length
        op.alter_column("cases", "measure", type_=sa.String(length=40), existing_nullable=False)


def downgrade() -> None:
    pass  # the column may hold longer names by now
