"""count for metrics

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# The ladder of every policy shipped so far; with another one it is put right when the next step is told.
_TOLD_SO_FAR = """UPDATE tasks SET told_level =
    CASE told WHEN 1 THEN 'worker' WHEN 2 THEN 'community' WHEN 3 THEN 'street' ELSE 'district' END
    WHERE state = 'missed'"""


def upgrade() -> None:
    op.add_column("tasks", sa.Column("told_level", sa.String(length=20), nullable=True))
    op.execute(_TOLD_SO_FAR)
    _index("tasks_missed", "tasks", ["told_level", "state"], "state = 'missed'")
    op.drop_index("cases_unassigned", table_name="cases")
    _index("cases_unassigned", "cases", ["staff_epoch", "unassigned_since"], "unassigned_since IS NOT NULL")
    op.drop_index("cases_by_policy", table_name="cases")
    _index("cases_by_policy", "cases", ["policy_epoch", "measure", "closed_at"], "closed_at IS NULL")


def downgrade() -> None:
    op.drop_index("cases_by_policy", table_name="cases")
    _index("cases_by_policy", "cases", ["policy_epoch"], "closed_at IS NULL")
    op.drop_index("cases_unassigned", table_name="cases")
    _index("cases_unassigned", "cases", ["staff_epoch"], "unassigned_since IS NOT NULL")
    op.drop_index("tasks_missed", table_name="tasks")
    op.drop_column("tasks", "told_level")


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, postgresql_where=sa.text(where), sqlite_where=sa.text(where))
