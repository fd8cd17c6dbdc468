"""urgency soon stands between urgent and normal

Revision 0005, after 0004. Only messages that wait are looked up by their urgency.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# As the partial indexes say it, so that no other message is read.
_WAITING = ("state IN ('pending', 'sending')", "state = 'held'")


def upgrade() -> None:
    for waits in _WAITING:
        op.execute(sa.text(f"UPDATE messages SET urgency = urgency + 1 WHERE {waits} AND urgency > 0"))


def downgrade() -> None:
    for waits in _WAITING:
        op.execute(sa.text(f"UPDATE messages SET urgency = urgency - 1 WHERE {waits} AND urgency > 0"))
