"""contacts of mistakes

Revision 0034, after 0033: contacts who were told of a positive hear that it was a mistake; the tasks of
whoever tells them.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_TASKS = ("tell_task_id", "correct_task_id")


def upgrade() -> None:
    op.add_column(
        "close_contacts", sa.Column("mistake", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    for name in _TASKS:
        op.add_column("positives", sa.Column(name, Id(), nullable=True))
    # Somebody is asked to tell those who wait on the lists, and to correct what was taken back before.
    op.execute(
        "UPDATE positives SET look_at = (SELECT max(c.at) FROM close_contacts c "
        "WHERE c.case_id = positives.case_id) "
        "WHERE look_at IS NULL AND case_id IN (SELECT case_id FROM close_contacts)"
    )


def downgrade() -> None:
    for name in _TASKS:
        op.drop_column("positives", name)
    op.drop_column("close_contacts", "mistake")
