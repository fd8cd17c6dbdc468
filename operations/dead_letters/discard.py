"""Settling dead letters by hand: the rows stay, with who did it and why."""

from __future__ import annotations

from chassis.messaging.dead_letters import Act, begin, discarded, take
from operations.databases import database_of
from operations.dead_letters.choice import Chosen, in_steps


def discard_letters(chosen: Chosen, act: Act) -> int:
    """Returns how many still waited."""
    count = 0
    for service, ids in chosen.ids.items():
        if ids:
            with database_of(service).begin() as conn:
                begin(conn, act, len(ids))
        for step in in_steps(ids):
            with database_of(service).begin() as conn:
                mine = [row["id"] for row in take(conn, step, act)]
                discarded(conn, mine)
            count += len(mine)
    return count
