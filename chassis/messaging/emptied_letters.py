"""Dead letters that were settled long ago lose their bodies; which events they were, and why, stays.

A letter that names no event keeps its body: only that says what died in it, and the audit asks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Table, or_, select, text, update
from sqlalchemy.engine import Connection

from chassis.database.ages import long_ago
from chassis.database.statements import is_in
from chassis.database.tables import TABLES
from chassis.messaging.dead_letters import PURPOSE
from chassis.sealing import Sealer
from chassis.taking import Taking

KEPT: Final = timedelta(days=31)
"""As long as a case is kept at the least. Real time, as all of letters."""
_DEAD: Final[Table] = TABLES["dead_letters"]
_D: Final = _DEAD.c
# A literal, so that the planner sees that the partial index holds all of them. A body of nothing is short.
_WHOLE: Final = text("settled_at IS NOT NULL AND event_id IS NOT NULL AND length(sealed_body) > 120")


def empty_settled(conn: Connection, sealer: Sealer, most: int = 500, *, taking: Taking | None = None) -> int:
    """A bounded number, the oldest first; none whose copy may still be on its way. Returns how many."""
    if (before := long_ago(conn, KEPT)) is None:
        return 0
    later: Any = _DEAD.alias("later")
    came_back = select(later.c.id).where(later.c.follows == _D.id).exists()
    over = or_(_D.state == "discarded", _D.handled_at.is_not(None), came_back)
    wanted = select(_D.id).where(_WHOLE, _D.settled_at < before, over).order_by(_D.settled_at)
    ids = [row.id for row in (taking or Taking()).rows(conn, wanted, _D.id, most)]
    if ids:
        emptied = update(_DEAD).where(is_in(conn, _D.id, ids))
        conn.execute(emptied.values(sealed_body=sealer.seal("", PURPOSE)))
    return len(ids)
