"""One bad row stops nobody: digests and the sender set it aside, go on with the others, and try it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select

from chassis.database.statements import insert_rows
from chassis.taking import RowKey
from chassis.unit_of_work import UnitOfWork, Work
from services.notification.handlers import LOOPS, TIMERS
from services.notification.messages import lease_due as leasing
from services.notification.messages import sender as sending
from services.notification.messages.lease_due import with_housemates
from services.notification.messages.number_days import forget_numbers
from services.notification.messages.write_digests import turn
from services.notification.tables import digest_counts, digests, messages, number_days
from tests.bad_rows import bad_row, one_look, retry, stuck
from tests.integration.notification.pacing import USUAL, at, late, plan, team, with_clock
from tests.integration.notification.trial import (
    RULES,
    Gateway,
    inform,
    leases_end,
    opened,
    rows,
    send_all,
    states,
)

MANY = 5
DIGESTS, SEND = "notification.write_digests", "notification.send"
NUMBERS = "notification.forget_numbers"


def write(uow: UnitOfWork) -> int:
    return turn(uow, USUAL, RULES.digest_version)


@pytest.fixture
def nine(work: Work, tmp_path: Path) -> Work:
    """It is 09:20."""
    return with_clock(work, tmp_path, at(9, 20))


def all_rows(work: Work, table: Table) -> list[Any]:
    with work.database.read() as conn:
        return list(conn.execute(select(table)).mappings())


@dataclass(frozen=True)
class Digests:
    """Rows of a table that wait for the timer of digests; each is known by one column and fails by its id."""

    table: Table
    prepare: Callable[[Work], None]
    wanted: Callable[[Any], bool]
    known_by: str = "id"
    fails: str = "UPDATE"

    def waiting(self, work: Work) -> dict[str, str]:
        """id -> key"""
        found = [row for row in all_rows(work, self.table) if self.wanted(row)]
        return {row["id"]: row[self.known_by] for row in found}


def counts(work: Work) -> None:
    """New cases of which staff are told by number."""
    for number in range(MANY):
        officers = [{**member, "staff_id": f"o{number}"} for member in team("w1", "n1", "o1")[2:]]
        plan(work, [opened(team=[*team("w1"), *officers])])


def held(work: Work) -> None:
    plan(work, [late(f"w{number}") for number in range(MANY)])
    work.clock.set(at(10))


WAITING = {
    "digest_counts": Digests(digest_counts, counts, lambda row: True, fails="DELETE"),
    "messages": Digests(messages, held, lambda row: row["state"] == "held"),
    "digests": Digests(
        digests,
        held,
        lambda row: (row["cases"], row["folded"]) != (row["cases_told"], row["folded_told"]),
        "staff_id",
    ),
}


def test_every_timer_and_loop_is_tried() -> None:
    tried = {DIGESTS, NUMBERS, SEND}
    assert tried == {f"notification.{one.name}" for one in TIMERS} | {
        f"notification.{one.name}" for one in LOOPS
    }


@pytest.mark.parametrize("name", ["digest_counts", "messages"])
def test_one_bad_row_is_set_aside_and_all_others_are_told(nine: Work, name: str) -> None:
    kind = WAITING[name]
    kind.prepare(nine)
    waiting = kind.waiting(nine)
    assert len(waiting) >= MANY
    bad = sorted(waiting)[2]
    with bad_row(nine.database, kind.table, "id", bad, on=kind.fails):
        one_look(nine, DIGESTS, write)
        assert set(kind.waiting(nine)) == {bad}
        [found] = stuck(nine.database)
        assert (found.chore, found.row) == (DIGESTS, RowKey(name, waiting[bad]))
    retry(nine.database)
    one_look(nine, DIGESTS, write)
    assert not kind.waiting(nine) and not stuck(nine.database)


def test_a_member_of_staff_whose_digest_cannot_be_written_keeps_it_from_nobody(nine: Work) -> None:
    plan(nine, [late(f"w{number}") for number in range(MANY)])
    kind, bad = WAITING["digests"], "w2"
    nine.clock.set(at(10))
    with bad_row(nine.database, messages, "staff_id", bad, on="INSERT"):
        one_look(nine, DIGESTS, write)
        assert set(kind.waiting(nine).values()) == {bad}
        [found] = stuck(nine.database)
        assert (found.chore, found.row) == (DIGESTS, RowKey("digests", bad))
        assert sum(row["rule"] == "digest" for row in rows(nine)) == MANY - 1
    retry(nine.database)
    one_look(nine, DIGESTS, write)
    assert not kind.waiting(nine) and not stuck(nine.database)
    assert sum(row["rule"] == "digest" for row in rows(nine)) == MANY


def test_a_number_that_cannot_be_forgotten_keeps_no_other(nine: Work) -> None:
    day = at(9).date() - timedelta(days=9)
    old = [{"day": day, "number": f"n{number}", "texts": 1, "urgent": 0} for number in range(MANY)]
    young = {"day": at(9).date() - timedelta(days=1), "number": "n2", "texts": 6, "urgent": 0}
    with nine.database.begin() as conn:
        insert_rows(conn, number_days, [*old, young])
    with bad_row(nine.database, number_days, "number", "n3", on="DELETE"):
        one_look(nine, NUMBERS, forget_numbers)
        assert {row["number"] for row in all_rows(nine, number_days)} == {"n2", "n3"}
        [found] = stuck(nine.database)
        assert (found.chore, found.row) == (NUMBERS, RowKey("number_days", "n3"))
    retry(nine.database)
    one_look(nine, NUMBERS, forget_numbers)
    assert [row["day"] for row in all_rows(nine, number_days)] == [young["day"]]


def some(work: Work) -> str:
    """MANY messages to be sent; the id of one of them."""
    inform(work, *(opened() for _ in range(MANY)))
    return sorted(row["id"] for row in rows(work) if row["state"] == "pending")[2]


def others(work: Work, bad: str) -> set[str]:
    return {row["state"] for row in rows(work) if row["id"] != bad and row["state"] != "cancelled"}


def drain(sender: sending.Sender) -> None:
    for _ in range(60):
        if not sender.run_once():
            return


def test_a_message_that_cannot_be_leased_holds_up_no_other(work: Work, gateway: Gateway) -> None:
    bad = some(work)
    with bad_row(work.database, messages, "id", bad):
        drain(gateway.sender(work))
        assert "pending" not in others(work, bad) and "sending" not in others(work, bad)
        [found] = stuck(work.database)
        assert (found.chore, found.row) == (SEND, RowKey("messages", bad))
    retry(work.database)
    send_all(work, gateway.sender(work))
    assert not stuck(work.database) and "accepted" in states(work)


def test_a_message_whose_outcome_cannot_be_written_keeps_the_others_outcomes(
    work: Work, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = some(work)
    written = sending.settle

    def settle(uow: UnitOfWork, outcomes: Any, **options: Any) -> int:
        if any(letter.id == bad for letter, _ in outcomes):
            raise KeyError(bad)
        return written(uow, outcomes, **options)

    monkeypatch.setattr(sending, "settle", settle)
    drain(gateway.sender(work))
    assert "sending" not in others(work, bad)
    assert [found.row for found in stuck(work.database)] == [RowKey("messages", bad)]
    monkeypatch.undo()
    leases_end(work)
    drain(gateway.sender(work))
    assert next(row["state"] for row in rows(work) if row["id"] == bad) == "sending", "it is left alone"
    retry(work.database)
    send_all(work, gateway.sender(work))
    assert not stuck(work.database)
    assert gateway.sent()["delivered"] == states(work)["accepted"], "nobody got it twice"


def test_a_letter_of_which_no_housemate_can_be_looked_up_is_set_aside_alone(
    work: Work, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = some(work)

    def looked_up(conn: Any, letters: Any, channels: Any, unseal: Any) -> Any:
        letters = list(letters)
        if any(letter.id == bad for letter in letters):
            raise KeyError(bad)
        return with_housemates(conn, letters, channels, unseal)

    monkeypatch.setattr(leasing, "with_housemates", looked_up)
    drain(gateway.sender(work))
    assert "sending" not in others(work, bad) and "accepted" in others(work, bad)
    assert [found.row for found in stuck(work.database)] == [RowKey("messages", bad)]
