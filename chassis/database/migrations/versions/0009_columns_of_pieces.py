"""columns of pieces

Revision 0009, after 0008. A piece of a trail says which columns it seals, so that a column that comes later
breaks no piece.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trail_pieces", sa.Column("columns", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("trail_pieces", "columns")
