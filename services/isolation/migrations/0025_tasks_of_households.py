"""tasks of households

Revision 0025, after 0024. By this index those are found of which a household's need or refusal lost its task.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_WHERE = sa.text("state = 'cancelled' AND kind IN ('meet_need', 'medical_need', 'settle_refusal')")


def upgrade() -> None:
    op.create_index(
        "tasks_of_household_taken_back",
        "tasks",
        ["due_from"],
        unique=False,
        postgresql_where=_WHERE,
        sqlite_where=_WHERE,
    )


def downgrade() -> None:
    op.drop_index("tasks_of_household_taken_back", table_name="tasks")
