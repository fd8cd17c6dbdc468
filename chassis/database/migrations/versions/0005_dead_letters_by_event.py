"""dead letters are found by their event

Revision 0005, after 0004.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("dead_letters_by_event", "dead_letters", ["source", "event_id"])


def downgrade() -> None:
    op.drop_index("dead_letters_by_event", table_name="dead_letters")
