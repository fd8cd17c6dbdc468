"""Administrators see who saw whose record and why, and who said what; they see no record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from chassis.doors.tokens import Actor
from chassis.ids import new_id
from contracts.faults import Refused
from services.console.doors import DoorAway
from tests.doors import staff_author
from tests.integration.console.officers import Town, open_town
from tests.integration.console.trial import Browser

OF_FIELD = "since=2022-10-01&until=2022-10-01"


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        yield town


@pytest.fixture
def on_both(database_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(database_url) as town:
        yield town


def administrator(town: Town) -> Browser:
    owner = town.console.owner("admin", "administrator")
    browser = Browser(town.app(), language="en")
    assert browser.log_in(town.console, owner).status_code == 303
    return browser


def revealed(town: Town, staff_id: str, why: str) -> str:
    case_id = town.open_case()
    town.doors.reveal("isolation", "case", case_id, Actor(staff_author(staff_id), why))
    return case_id


def test_a_view_is_found_by_who_by_whose_and_by_day(on_both: Town) -> None:
    town = on_both
    case_id = revealed(town, "officer", "her son asks for her")
    revealed(town, "street", "called back")
    admin = administrator(town)
    whole = admin.get(f"/audit?{OF_FIELD}").text
    assert "her son asks for her" in whole and "called back" in whole
    assert "2022-10-01 07:00" in whole and case_id in whole
    assert "欧阳" not in whole and "13909311234" not in whole
    town.officer()  # whose account is called otherwise
    for asked in ("who=officer", "who=Officer.X", f"about={case_id}"):
        found = admin.get(f"/audit?{OF_FIELD}&{asked}").text
        assert "her son asks for her" in found and "called back" not in found
    later = admin.get("/audit?since=2022-10-02&until=2022-10-03").text
    assert "her son asks for her" not in later and "Nobody saw a record" in later


def test_acts_are_found_by_who_said_them(on_both: Town) -> None:
    town = on_both
    case_id = town.open_case()
    [task] = [one for one in town.isolation.tasks(case_id) if one["kind"] == "first_contact"]
    said = {"task_id": task["task_id"], "outcome": "done", "how": "by_phone"}
    town.doors.say("isolation", "report_task", Actor(staff_author("worker-1")), new_id(), said)
    now = datetime.now(UTC)
    days = f"since={(now - timedelta(days=1)):%Y-%m-%d}&until={(now + timedelta(days=1)):%Y-%m-%d}"
    admin = administrator(town)
    found = admin.get(f"/audit?{days}&who=worker-1").text
    assert found.count("reported a task") == 1 and "<td>done</td>" in found
    assert "reported a task" not in admin.get(f"/audit?{days}&who=worker-2").text


def test_what_was_done_to_accounts_is_there_too(town: Town) -> None:
    admin = administrator(town)
    town.officer()
    day = f"{town.console.clock.now():%Y-%m-%d}"
    found = admin.get(f"/audit?since={day}&until={day}").text
    assert "officer.x" in found and "was taken up" in found and "logged in" in found


def test_what_workers_see_as_own_tasks_is_shown_when_asked_for(town: Town) -> None:
    town.open_case()
    town.doors.rows("isolation", "own_tasks", Actor(staff_author("worker-1")))
    admin = administrator(town)
    assert "worker-1" not in admin.get(f"/audit?{OF_FIELD}").text
    assert "own task" in admin.get(f"/audit?{OF_FIELD}&own_tasks=yes").text.partition("<table")[2]


@pytest.mark.parametrize(
    "asked", ["until=9999-12-31", "since=yesterday", "since=2022-10-02&until=2022-10-01", "since=2020-01-01"]
)
def test_days_that_cannot_be_are_said_and_kept(town: Town, asked: str) -> None:
    page = administrator(town).get(f"/audit?{asked}")
    assert page.status_code == 422 and "at most 92" in page.text
    assert asked.partition("=")[2].partition("&")[0] in page.text


def test_what_a_door_that_is_away_would_say_is_named(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    revealed(town, "officer", "her son asks for her")
    admin = administrator(town)
    admin.app = town.app()
    look_up = type(town.doors).look_up

    def half(doors, service, *args):  # type: ignore[no-untyped-def]
        if service == "registration":
            raise DoorAway
        return look_up(doors, service, *args)

    monkeypatch.setattr(type(town.doors), "look_up", half)
    page = admin.get(f"/audit?{OF_FIELD}").text
    assert "register of arrivals cannot be reached" in page and "her son asks for her" in page


def test_only_administrators_look_back(town: Town) -> None:
    assert town.officer("district").browser.get("/audit").status_code == 404
    for act in ("views", "said"):
        with pytest.raises(Refused) as refused:
            town.doors.look_up("isolation", act, Actor(staff_author("district")), {})
        assert refused.value.kind == "not_allowed"
