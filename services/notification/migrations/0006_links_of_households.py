"""links of households

Revision 0006, after 0005. Notices of before have none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notices", sa.Column("link", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("notices", "link")
