"""An id belongs to who used it first, and only under a source of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.database.engine import Database
from chassis.inbox import claim
from contracts.envelope import Event
from tests.integration.chassis.trial_service import prepare


def event(publisher: str, source: str, **data: Any) -> Event:
    now = datetime.now(UTC)
    return Event("1", source, "arrival.reported", None, now, data, raw={"data": data}, publisher=publisher)


def fresh(database: Database, *batches: Sequence[Event]) -> list[tuple[list[str | None], list[str | None]]]:
    found = []
    for batch in batches:
        with database.begin() as conn:
            claimed = claim(conn, "registration.receive_report", batch)
        found.append(([e.publisher for e in claimed.fresh], [e.publisher for e in claimed.impostors]))
    return found


RAIL = event("rail", "/rail/departures", seat=1)
FORGED = event("bus", "/rail/departures", seat=2)


@pytest.fixture
def database(database_url: Callable[..., str]) -> Database:
    return Database(database_url("trial", prepare))


def test_a_forged_source_takes_no_id_away_from_its_owner(database: Database) -> None:
    """The forged one is handled too, so that it can be refused with its reason."""
    assert fresh(database, [FORGED], [RAIL]) == [(["bus"], []), (["rail"], [])]


def test_a_forged_source_takes_no_id_away_within_one_batch(database: Database) -> None:
    assert fresh(database, [FORGED, RAIL, FORGED], [RAIL, FORGED]) == [(["bus", "rail"], []), ([], [])]


def test_other_content_under_a_used_id_is_an_impostor(database: Database) -> None:
    again = event("rail", "/rail/departures", seat=2)
    assert fresh(database, [RAIL], [again]) == [(["rail"], []), ([], ["rail"])]


def test_a_repeat_that_comes_behind_an_impostor_in_one_batch_is_a_repeat(database: Database) -> None:
    again = event("rail", "/rail/departures", seat=2)
    with database.begin() as conn:
        claim(conn, "registration.receive_report", [RAIL])
    with database.begin() as conn:
        claimed = claim(conn, "registration.receive_report", [again, RAIL])
    assert (claimed.fresh, claimed.repeats, claimed.impostors) == ([], [RAIL], [again])
