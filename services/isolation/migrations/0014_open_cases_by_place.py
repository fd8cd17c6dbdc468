"""open cases by street and by community, and tasks about messages, for lists

Revision 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_open = sa.text("closed_at IS NULL")
    for place in ("street", "community"):
        op.create_index(
            f"cases_open_in_{place}",
            "cases",
            [place, "case_id"],
            postgresql_where=is_open,
            sqlite_where=is_open,
        )
    of_message = sa.text("about != ''")
    op.create_index(
        "tasks_about_messages",
        "tasks",
        ["state", "case_id"],
        postgresql_where=of_message,
        sqlite_where=of_message,
    )


def downgrade() -> None:
    op.drop_index("tasks_about_messages", table_name="tasks")
    for place in ("street", "community"):
        op.drop_index(f"cases_open_in_{place}", table_name="cases")
