"""How many people of rounds of tests there are, by how they stand."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from chassis.database.statements import count_by
from services.isolation.rounds.tables import round_people


def round_counts(conn: Connection) -> dict[str, int]:
    """Of all rounds: state -> people."""
    return count_by(conn, round_people.c.state)
