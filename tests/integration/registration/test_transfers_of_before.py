"""Transfers that the version before asked for: their clock starts when somebody can answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select

from chassis.database.engine import Database
from chassis.database.migrations import upgrade
from services.registration.tables import transfers

NOON = datetime(2022, 10, 1, 4, tzinfo=UTC)  # of the first of October there
BEGINS = datetime(2022, 10, 3, 16, tzinfo=UTC)  # the fourth
DAY = timedelta(days=1)


def row(number: int, state: str, moves_on: date | None, answer_by: datetime) -> dict[str, object]:
    id = str(UUID(int=number))
    asked = {"asked_at": NOON, "asked_by": "/console/o1", "by_command": id, "version": 0, "place": "c2"}
    return {
        "transfer_id": id,
        "arrival_id": id,
        "state": state,
        "moves_on": moves_on,
        "answer_by": answer_by,
        **asked,
    }


def test_whose_time_would_be_over_before_they_move_gets_the_whole_of_it_from_then_on(
    database_url: Callable[..., str],
) -> None:
    ahead, tomorrow = date(2022, 10, 4), date(2022, 10, 2)
    cases = [
        (row(1, "asked", ahead, NOON + DAY), BEGINS + DAY),
        (row(2, "asked", ahead, NOON + DAY / 4), BEGINS + DAY / 4),
        (row(3, "asked", ahead, BEGINS + DAY), BEGINS + DAY),  # of this version
        (row(4, "asked", tomorrow, NOON + DAY), NOON + DAY),  # it can be answered in time
        (row(5, "asked", None, NOON + DAY), NOON + DAY),
        (row(6, "asked", date(2022, 10, 1), NOON + DAY), NOON + DAY),
        (row(7, "refused", ahead, NOON + DAY), NOON + DAY),
        (row(8, "accepted", ahead, NOON + DAY), NOON + DAY),
    ]
    database = Database(database_url("registration"))
    upgrade("registration", database, "0022")
    with database.begin() as conn:
        conn.execute(insert(transfers), [before for before, _ in cases])
    upgrade("registration", database)
    with database.read() as conn:
        rows = conn.execute(select(transfers.c.transfer_id, transfers.c.answer_by))
        found = {id: answer_by for id, answer_by in rows}
    database.dispose()
    assert found == {before["transfer_id"]: after for before, after in cases}
