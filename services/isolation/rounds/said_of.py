"""Commands of rounds, as the audit looks for them."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.engine import Connection

from services.isolation.rounds.tables import round_acts, test_rounds

_A, _R = round_acts.c, test_rounds.c


def said_of_rounds(_: Connection) -> tuple[Select[tuple[str, str]], ...]:
    """(source, id) of those that opened or closed a round, or said something in one."""
    closed = select(_R.closed_by, _R.closed_event).where(_R.closed_event.is_not(None))
    opened = select(_R.source, _R.event_id)
    return opened, closed, select(_A.source, _A.event_id)
