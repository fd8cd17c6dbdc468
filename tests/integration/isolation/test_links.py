"""The link of a household: minted once, said sealed with each event, looked up by the console alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from chassis.commands.command import Author
from chassis.ids import new_id
from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.cases import link_households as walk
from services.isolation.cases.link_households import link_households
from services.isolation.door import DOOR
from tests.doors import Visitor
from tests.integration.isolation.trial import SEALER, Trial, arrival

EDGE = Author("console", "/console/residents", "residents")


def token_in(said: Event) -> str:
    token: str = SEALER.unseal(said.data["link"], "link")
    return token


def tokens(isolation: Trial, type: str = "case.opened") -> dict[str, str]:
    return {one.data["case_id"]: token_in(one) for one in isolation.recorded(type)}


def look_up(isolation: Trial, token: Any) -> Any:
    return Visitor(DOOR, isolation.work).look_up(EDGE, "household_link", token=token)


def test_a_household_has_one_link_and_whoever_lives_alone_has_one(isolation: Trial) -> None:
    home = new_id()
    one, two, later = (arrival(household_id=home) for _ in range(3))
    alone = arrival()
    isolation.follow(one, two, alone)
    isolation.follow(later)
    of = tokens(isolation)
    assert of[one.data["arrival_id"]] == of[two.data["arrival_id"]] == of[later.data["arrival_id"]]
    assert of[alone.data["arrival_id"]] != of[one.data["arrival_id"]]
    rows = {row["household"]: row for row in isolation.rows(t.links)}
    assert set(rows) == {home, alone.data["arrival_id"]}
    assert rows[home]["cases"] == sorted(a.data["arrival_id"] for a in (one, two, later))
    stored = repr(isolation.rows(t.links)) + repr(isolation.rows(t.case_history))
    assert not any(token in stored for token in of.values())  # the token stands nowhere in the clear


def test_a_changed_case_says_the_same_link_and_one_that_ended_none(isolation: Trial) -> None:
    came = arrival(level="medium")
    isolation.follow(came)
    case_id = came.data["arrival_id"]
    isolation.follow(arrival(case_id, version=2, level="high"))
    assert tokens(isolation, "case.changed") == tokens(isolation)
    isolation.follow(arrival(case_id, version=3, level="high", not_coming=True, expected=True))
    assert isolation.recorded("case.changed")[-1].data["link"] is None


def test_opening_many_cases_takes_no_statement_for_each(isolation: Trial) -> None:
    def statements(of: int) -> int:
        ran: list[str] = []
        listen = lambda *given: ran.append(given[2])  # noqa: E731
        event.listen(isolation.database.engine, "before_cursor_execute", listen)
        isolation.follow(*(arrival() for _ in range(of)))
        event.remove(isolation.database.engine, "before_cursor_execute", listen)
        return sum("links" in statement for statement in ran)

    assert statements(1) == statements(30) == 1


def test_the_console_learns_which_household_a_link_opens(isolation: Trial) -> None:
    home = new_id()
    isolation.follow(arrival(household_id=home, language="en"))
    [token] = set(tokens(isolation).values())
    found = look_up(isolation, f" {token.upper()} ")
    assert found.status_code == 200
    opened = {"household": home, "language": "en", "may_act": True, "readable_until": None, "contact": None}
    assert found.json == opened


@pytest.mark.parametrize("typed", ["0000000000zz", "", "not a token at all", 7, None, "' OR 1=1 --"])
def test_an_unknown_token_opens_nothing(isolation: Trial, typed: Any) -> None:
    isolation.follow(arrival())
    assert look_up(isolation, typed).status_code == 404


def test_a_link_is_readable_for_30_days_after_the_last_case_has_ended(isolation: Trial) -> None:
    home = new_id()
    isolation.follow(arrival(household_id=home), arrival(household_id=home))
    [token] = set(tokens(isolation).values())
    ended = isolation.clock.now()
    first, last = sorted(row["case_id"] for row in isolation.rows(t.cases))
    _close(isolation, first, ended - timedelta(days=3))
    assert look_up(isolation, token).json["may_act"] is True
    _close(isolation, last, ended)
    isolation.clock.advance(days=29)
    found = look_up(isolation, token).json
    assert found["may_act"] is False and found["readable_until"] == "2022-10-31T07:00:00+08:00"
    isolation.clock.advance(days=2)
    assert look_up(isolation, token).status_code == 404


def _close(isolation: Trial, case_id: str, at: Any) -> None:
    with isolation.database.begin() as conn:
        conn.execute(update(t.cases).where(t.cases.c.case_id == case_id).values(closed_at=at))


def test_nobody_but_the_console_asks_which_household_a_link_opens(isolation: Trial) -> None:
    isolation.follow(arrival())
    [token] = set(tokens(isolation).values())
    visitor = Visitor(DOOR, isolation.work)
    for who in (*("officer", "district", "worker-1"), Author("link", "/link/x", "x")):
        assert visitor.look_up(who, "household_link", token=token).status_code == 403


def test_households_of_before_get_a_link_in_steps_and_once(
    isolation: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "PAGE", 2)
    home = new_id()
    isolation.follow(arrival(household_id=home), arrival(household_id=home), *(arrival() for _ in range(3)))
    ended = max(row["case_id"] for row in isolation.rows(t.cases))
    _close(isolation, ended, isolation.clock.now())
    with isolation.database.begin() as conn:
        conn.execute(t.links.delete())
    assert [isolation.do(link_households) for _ in range(4)] == [2, 2, 1, 0]
    linked = isolation.rows(t.links)
    open_cases = {row["case_id"] for row in isolation.rows(t.cases) if row["closed_at"] is None}
    assert {case for row in linked for case in row["cases"]} == open_cases and ended not in open_cases


@pytest.mark.parametrize(
    ("why", "level"), [("phone_changed", "medium"), ("phone_taken_back", "medium"), ("phone_changed", "high")]
)
def test_a_link_that_went_to_a_wrong_phone_opens_nothing_any_more(
    isolation: Trial, why: str, level: str
) -> None:
    home = new_id()
    one, two = arrival(household_id=home, level="medium"), arrival(household_id=home, level="medium")
    isolation.follow(one, two)
    case_id = one.data["arrival_id"]
    old = tokens(isolation)[case_id]
    isolation.follow(arrival(case_id, version=2, level=level, household_id=home, why=[why]))
    new = tokens(isolation, "case.changed")[case_id]
    assert new != old and look_up(isolation, old).status_code == 404
    assert look_up(isolation, new).json["household"] == home
    isolation.follow(arrival(case_id, version=2, level=level, household_id=home, why=[why]))
    assert look_up(isolation, new).status_code == 200, "the same news once more changes nothing"
    other = two.data["arrival_id"]
    isolation.follow(arrival(other, version=2, level="high", household_id=home))
    assert tokens(isolation, "case.changed")[other] == new, "the others get it with their next text"
