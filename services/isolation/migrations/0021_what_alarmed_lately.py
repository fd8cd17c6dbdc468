"""tasks of abnormal check-ins are found by an index

Revision 0021, after 0020.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_ALARMED = sa.text("kind = 'see_abnormal'")


def upgrade() -> None:
    op.create_index(
        "tasks_of_alarms",
        "tasks",
        ["due_from", "case_id"],
        postgresql_where=_ALARMED,
        sqlite_where=_ALARMED,
    )


def downgrade() -> None:
    op.drop_index("tasks_of_alarms", table_name="tasks")
