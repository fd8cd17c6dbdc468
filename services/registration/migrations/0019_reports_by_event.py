"""reports are found by the id of their event

Revision 0019, after 0018.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("reports_by_event", "reports", ["event_id"], unique=False, postgresql_using="hash")


def downgrade() -> None:
    op.drop_index("reports_by_event", table_name="reports")
