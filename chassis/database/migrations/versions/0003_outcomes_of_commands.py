"""outcomes of commands; messages that a door leaves to others to send

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbox", sa.Column("outcome", sa.String(length=20), nullable=True))
    op.add_column("inbox", sa.Column("result", sa.Text(), nullable=True))
    op.add_column("outbox", sa.Column("by_door", sa.Boolean(), nullable=True))
    left = sa.text("by_door IS NOT NULL AND published_at IS NULL")
    op.create_index("outbox_of_door", "outbox", ["created_at"], postgresql_where=left, sqlite_where=left)


def downgrade() -> None:
    """What became of commands is known nowhere else, and stays."""
