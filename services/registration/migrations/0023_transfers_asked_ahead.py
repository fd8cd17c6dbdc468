"""the clock of transfers that were asked before somebody moves

Revision 0023, after 0022. The version before let it run from when it was asked, while from now on nobody is
taken over before the day on which they move. No table changes.
"""

from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, UtcDateTime
from field.days import day_begins

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TRANSFERS = sa.table(
    "transfers",
    sa.column("transfer_id", Id),
    sa.column("arrival_id", Id),
    sa.column("state", sa.String),
    sa.column("moves_on", sa.Date),
    sa.column("asked_at", UtcDateTime),
    sa.column("answer_by", UtcDateTime),
)
# A migration knows no settings: in another zone the clock of these few is some hours off.
_CHINA = ZoneInfo("Asia/Shanghai")


def upgrade() -> None:
    """Whose time would be over before they may be taken over at all gets the whole of it from that day on."""
    conn, t = op.get_bind(), _TRANSFERS.c
    # Few: those that nobody has answered yet.
    asked = sa.select(_TRANSFERS).where(t.state == "asked", t.moves_on.is_not(None))
    for row in conn.execute(asked).all():
        begins = day_begins(row.moves_on, _CHINA)
        if row.answer_by < begins:
            this = (t.transfer_id == row.transfer_id) & (t.arrival_id == row.arrival_id)
            answer_by = begins + (row.answer_by - row.asked_at)
            conn.execute(sa.update(_TRANSFERS).where(this).values(answer_by=answer_by))


def downgrade() -> None:
    """The longer time to answer stays: it was promised."""
