"""A dead letter that was settled a month ago holds no report any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select

from chassis.database.engine import Database
from chassis.database.statements import insert_rows
from chassis.database.tables import TABLES
from chassis.ids import new_id
from chassis.messaging.dead_letters import PURPOSE, opened
from chassis.messaging.emptied_letters import KEPT, empty_settled
from chassis.sealing import Sealer
from tests.integration.isolation.trial import prepare
from tests.made_up_rows import made_up

DEAD = TABLES["dead_letters"]
SEALER = Sealer({"k": b"s" * 32})
BODY = '{"id": "r-1", "data": {"person": {"name": "Marker", "phone": "13900000001", "address": "Lane"}}}'
LONG_AGO = datetime.now(UTC) - KEPT - timedelta(hours=1)
HANDLED: dict[str, Any] = {"state": "replayed", "handled_at": LONG_AGO}


@pytest.fixture
def database(database_url: Callable[..., str]) -> Iterator[Database]:
    found = Database(database_url("isolation", prepare))
    with found.begin() as conn:  # by its newest row a service knows that its clock is right
        row = _made(TABLES["inbox"]) | {"handled_at": datetime.now(UTC)}
        insert_rows(conn, TABLES["inbox"], [row])
    yield found
    found.dispose()


def _made(table: Table) -> dict[str, Any]:
    return {str(name): value for name, value in made_up(table).items()}


def letter(**more: Any) -> dict[str, Any]:
    settled = {"settled_at": LONG_AGO, "state": "discarded", "handled_at": None, "follows": None}
    return _made(DEAD) | {"id": new_id(), "sealed_body": SEALER.seal(BODY, PURPOSE), **settled} | more


def bodies(database: Database, *letters: dict[str, Any]) -> list[str]:
    with database.begin() as conn:
        for one in letters:
            insert_rows(conn, DEAD, [one])
        while empty_settled(conn, SEALER, most=1):
            pass
    with database.read() as conn:
        sealed = {row.id: row.sealed_body for row in conn.execute(select(DEAD))}
    return [opened(SEALER, sealed[one["id"]]).decode() for one in letters]


@pytest.mark.parametrize("over", [{}, HANDLED])
def test_what_is_settled_is_emptied_after_a_month_and_stays_as_a_row(
    database: Database, over: dict[str, Any]
) -> None:
    young = datetime.now(UTC) - KEPT + timedelta(hours=1)
    assert bodies(database, letter(**over), letter(**over, settled_at=young)) == ["", BODY]


@pytest.mark.parametrize(
    "kept",
    [
        {"state": "waiting", "settled_at": None},
        {"state": "replayed"},  # its copy may be on its way
        {"event_id": None},  # only its body says what died in it
    ],
)
def test_what_somebody_may_still_ask_for_is_kept(database: Database, kept: dict[str, Any]) -> None:
    assert bodies(database, letter(**kept)) == [BODY]


def test_a_letter_whose_copy_died_again_is_emptied(database: Database) -> None:
    first = letter(state="replayed")
    assert bodies(database, first, letter(follows=first["id"])) == ["", ""]
