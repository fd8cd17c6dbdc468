"""acts on tasks

Revision 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_UNDECIDED = sa.text("state = 'not_possible'")
# The ladder of a policy that named no repeat ended at the top, and its tasks were silent from then on.
_ENDED = "UPDATE tasks SET tell_at = due_by WHERE state = 'missed' AND tell_at IS NULL"


def upgrade() -> None:
    op.add_column("tasks", sa.Column("acts", sa.Text(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":  # SQLite holds texts of any length
        op.alter_column("tasks", "state", type_=sa.String(length=20), existing_nullable=False)
    op.create_index(
        "tasks_to_decide", "tasks", ["tell_at"], postgresql_where=_UNDECIDED, sqlite_where=_UNDECIDED
    )
    op.execute(_ENDED)


def downgrade() -> None:
    op.drop_index("tasks_to_decide", table_name="tasks")
    op.drop_column("tasks", "acts")
