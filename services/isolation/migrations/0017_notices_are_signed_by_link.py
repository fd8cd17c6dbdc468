"""which text of the notice a household signed on its own page

Revision 0017, after 0016.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notices", sa.Column("text_version", sa.String(length=40)))


def downgrade() -> None:
    """What was signed stays: nothing else knows it."""
