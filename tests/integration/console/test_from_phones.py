"""What waits of phones is seen, entered once or dismissed by officers of its places, and by nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.console.accounts.queries import workers_of
from services.console.doors import Doors
from services.console.phone_acts.queries import PAGE
from services.console.phone_acts.settle import id_of, settle_act
from services.console.sessions.end_sessions_of_staff import end_sessions_of_staff
from services.console.tables import account_acts, accounts, phone_acts
from services.isolation import tables as of_isolation
from services.registration.places.import_places import import_places
from services.registration.staff.import_staff import import_staff
from tests.doors import CONSOLE
from tests.in_clear import in_clear, in_files, vacuum
from tests.integration.console.phone_acts import (
    AT,
    act,
    check_in,
    check_ins,
    close,
    officer,
    send,
)
from tests.integration.console.round import PLACES, STAFF, Round, open_morning
from tests.integration.console.trial import NOBODY, Browser, token_of


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Round]:
    with open_morning(sqlite_url) as opened:
        yield opened


@pytest.fixture(name="town_of_each")
def town_of_each_database(database_url: Callable[..., str]) -> Iterator[Round]:
    with open_morning(database_url) as opened:
        yield opened


def test_what_waits_longest_comes_first_however_much_waits_elsewhere(town_of_each: Round) -> None:
    """It is told on the board and on the list of lists, and pages are turned."""
    town = town_of_each
    town.phone()
    with town.console.work.unit() as uow:
        [own] = workers_of(uow.conn, ["w-0117"])
        later = uow
        for staff_id in ["w-0117"] * (PAGE + 2) + [f"far-{number}" for number in range(60)] * 4:
            later = replace(later, now=later.now + timedelta(seconds=1))
            sealed = f"c.{staff_id}.{later.now}"
            settle_act(later, sealed, replace(own, staff_id=staff_id), "unreadable", known=False)
    town.console.clock.advance(hours=13)
    browser = officer(town)
    shown = browser.get("/metrics").text
    assert f'phone_acts_waiting{{because="unreadable"}} {PAGE + 2 + 240}.0' in shown
    [age] = re.findall(r'phone_acts_oldest_age_seconds\{because="unreadable"\} ([\d.e+]+)', shown)
    assert 13 * 3600 <= float(age) < 14 * 3600
    assert browser.get("/lists").text.count(f'<strong class="many">{PAGE + 2}</strong>') == 1
    assert f"{PAGE + 2} records from phones" in browser.get("/board").text
    page = browser.get("/from-phones").text
    assert page.count("<tr>") == 1 + PAGE
    mine = [row for row in town.console.rows(phone_acts) if row["staff_id"] == "w-0117"]
    mine = [row["id"] for row in sorted(mine, key=lambda row: row["received_at"])]
    assert re.findall(r'action="/from-phones/(\w+)"', page) == mine[:PAGE]
    [behind] = re.findall(r'href="(/from-phones\?after=\w+)"', page)
    assert re.findall(r'action="/from-phones/(\w+)"', browser.get(behind).text) == mine[PAGE:]


def test_an_officer_enters_or_dismisses_it(town_of_each: Round) -> None:
    town = town_of_each
    phone, other = town.phone(), town.phone("h-0021")
    entered, dismissed = check_in(town, phone), check_in(town, phone, degrees="36.9")
    with town.console.work.unit() as uow:
        end_sessions_of_staff(uow, "w-0117", by="test")
    assert {send(other, one)["became"] for one in (entered, dismissed)} == {"refused"}
    assert check_ins(town) == []

    browser = officer(town)
    token = token_of(browser.get("/from-phones"))
    ids = {row["sealed"]: row["id"] for row in town.console.rows(phone_acts)}
    first, second = f"/from-phones/{ids[entered]}", f"/from-phones/{ids[dismissed]}"
    page = browser.post(first, token=token)
    assert page.status_code == 200 and "36.6" in page.text and "李兰" in page.text
    assert browser.post(f"{first}/enter", token=token).status_code == 303
    page = browser.post(second, token=token).text
    assert "within an hour" in page and "36.6" in page, "what is recorded there already"
    assert browser.post(f"{second}/dismiss", token=token).status_code == 303
    for path in (first, f"{first}/enter", f"{second}/dismiss"):
        assert browser.post(path, token=token).status_code == 404, "settled once"
    [kept] = check_ins(town)
    assert (kept["source"], kept["at"]) == ("/console/o-0004", datetime.fromisoformat(AT))
    assert {(row["state"], row["sealed"]) for row in town.console.rows(phone_acts)} == {
        ("entered", None),
        ("dismissed", None),
    }
    assert send(other, entered)["became"] == "entered", "it is not done again"
    assert len(check_ins(town)) == 1
    console = town.console.work
    stored = in_clear(console.database)
    secrets = (entered, dismissed, "赵大山", "李兰")
    assert not [secret for secret in secrets if secret in stored], "the console keeps nothing of it"
    if console.database.is_sqlite:
        vacuum(console.database)
        assert not [secret for secret in secrets if secret[:48].encode() in in_files(console.database)]


def test_an_officer_enters_what_is_old_and_is_told_what_keeps_it_from_being_done(town: Round) -> None:
    with_another_officer(town)
    phone, other = town.phone(), town.phone("h-0021")
    old, of_closed = check_in(town, phone), check_in(town, phone, "孙宁")
    contact = act(phone, town.household("赵大山"), "contact", best_time="evenings")
    town.isolation.clock.advance(hours=73)
    for sealed in (old, of_closed, contact):
        assert "72" in send(other, sealed)["because"]
    browser, street = officer(town), officer(town, "d-0001")
    token = token_of(browser.get("/from-phones"))
    ids = [f"/from-phones/{id_of(sealed)}" for sealed in (old, of_closed, contact)]

    away = Doors({**town.doors.urls, "isolation": NOBODY}, CONSOLE)
    with_less = officer(town, "o-0005", away)
    page = with_less.post(f"{ids[0]}/enter", token=token_of(with_less.get("/from-phones")))
    assert page.status_code == 503 and f'action="{ids[0]}/enter"' in page.text, "it may be sent again"

    page = street.post(ids[2], token=token_of(street.get("/from-phones")))
    assert page.status_code == 200 and "/enter" not in page.text, "nobody is offered what is refused"
    assert browser.post(f"{ids[0]}/enter", token=token).status_code == 303
    [kept] = check_ins(town)
    assert (kept["source"], kept["at"]) == ("/console/o-0004", datetime.fromisoformat(AT))

    close(town, "孙宁")
    page = browser.post(f"{ids[1]}/enter", token=token)
    assert page.status_code == 422 and "no longer followed." in page.text, "why it is not done now"


def test_two_officers_do_not_enter_the_same_act_twice(town_of_each: Round) -> None:
    town = town_of_each
    with_another_officer(town)
    phone = town.phone()
    with town.isolation.work.unit() as uow:
        cases = of_isolation.cases
        for row in town.isolation.rows(cases):
            team = [*row["team"], ["community_officer", "o-0005"]]
            uow.conn.execute(cases.update().where(cases.c.case_id == row["case_id"]).values(team=team))
    sealed = check_in(town, phone)
    with town.console.work.unit() as uow:
        end_sessions_of_staff(uow, "w-0117", by="test")
    send(town.phone("h-0021"), sealed)
    both = [officer(town), officer(town, "o-0005")]
    tokens = [token_of(one.get("/from-phones")) for one in both]
    with ThreadPoolExecutor(2) as at_once:
        answers = at_once.map(
            lambda one, token: one.post(f"/from-phones/{id_of(sealed)}/enter", token=token).status_code,
            both,
            tokens,
        )
        assert sorted(answers) == [303, 404]
    assert len(check_ins(town)) == 1


def test_an_officer_reads_nothing_of_households_that_they_do_not_reach(town: Round) -> None:
    phone, other = town.phone(), town.phone("h-0021")
    sealed = check_in(town, phone)
    nobodys = check_in(town, phone, pass_=phone.get("/phone").json["pass"][:-1] + "x")
    with town.console.work.unit() as uow:
        end_sessions_of_staff(uow, "w-0117", by="test")
    for one in (sealed, nobodys):
        send(other, one)

    def look(browser: Browser, sealed: str) -> str:
        page = browser.post(f"/from-phones/{id_of(sealed)}", token=token_of(browser.get("/from-phones")))
        assert page.status_code == 200
        return str(page.text)

    assert "36.6" in look(officer(town, "d-0001"), sealed), "of the district's places, with another team"
    look(officer(town), nobodys)
    shown = [row for row in town.console.rows(account_acts) if row["what"] == "phone_act_shown"]
    [own] = [row["account_id"] for row in shown if row["by"] == "officer.o-0004"]
    [of_officer] = [row["id"] for row in town.console.rows(accounts) if row["name"] == "officer.o-0004"]
    assert own == of_officer, "nothing is said of whoever only sent it"

    moved = STAFF.replace("grid_worker,g-1", "grid_worker,g-2")
    with town.registration.work.unit() as uow:
        import_places(uow, PLACES + "c-2,zhangye-road,community,东街社区,,,\ng-2,c-2,grid,第2网格,,,\n")
        import_staff(uow, moved + "o-0009,community_officer,c-2,冯立,13909310009,zh-CN,true\n")
    town.sync()
    page = look(officer(town, "o-0009"), sealed)
    assert "36.6" not in page and town.household("赵大山") not in page and "/dismiss" in page


def with_another_officer(town: Round) -> None:
    with town.registration.work.unit() as uow:
        import_staff(uow, STAFF + "o-0005,community_officer,c-1,冯立,13909310009,zh-CN,true\n")
    town.sync()
