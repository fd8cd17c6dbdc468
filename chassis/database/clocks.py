"""Whether this machine and its database agree about the time.

A service dates by its machine's clock what it plans and tells. With a clock that is a day ahead it would call
every task overdue and tell of it, and plan days that have not come. Nobody can say which of two clocks is
right, so where they are hours apart nothing is done until somebody has set them: units of work raise
WorldAway, publishers and queues wait.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.engine import Connection

from chassis.database.statements import database_now
from chassis.errors import WorldAway

CLOCKS_APART: Final = timedelta(minutes=5)
"""From here on it is said, and nothing is deleted."""
NOTHING_DONE: Final = timedelta(hours=1)
"""From here on no unit of work is begun."""
_ASKED_EVERY_S: Final = 5.0
_STEP_S: Final = 30.0
"""A wall clock that moved so far against the monotonic one was set: the database is asked at once."""


class Clocks:
    """Of one database, as a process sees it."""

    def __init__(self) -> None:
        self._asked = float("-inf")
        self._wall_ahead = 0.0
        self.trouble = ""
        """What is wrong, as it was seen last."""

    def look(self, conn: Connection) -> None:
        """Ask the database now and then, and at once after this machine's clock was set. Raises WorldAway."""
        now = time.monotonic()
        ahead = time.time() - now
        if now - self._asked < _ASKED_EVERY_S and abs(ahead - self._wall_ahead) < _STEP_S:
            return
        apart = datetime.now(UTC) - database_now(conn)
        minutes = round(apart.total_seconds() / 60)
        said = f"this machine's clock is {abs(minutes)} minutes {'ahead of' if minutes > 0 else 'behind'}"
        self.trouble = f"{said} its database's: set them right" if abs(apart) > CLOCKS_APART else ""
        if abs(apart) > NOTHING_DONE:
            raise WorldAway(self.trouble)
        self._asked, self._wall_ahead = now, ahead
