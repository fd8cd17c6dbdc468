"""A positive on an officer's pages: contacts are listed and told, and an unusual batch is decided."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from services.isolation import tables as t
from services.isolation.positives.make_contacts import make_contacts
from services.isolation.positives.see_to_positives import see_to_positives
from services.isolation.tasks.report_task import report_task
from services.isolation.tests.report_test import report_test
from tests.integration.console.officers import Town, open_town
from tests.integration.console.residents import Home, open_home
from tests.integration.console.test_officers_settle import row_of, settle
from tests.integration.isolation.saying import command, say_all, speaking
from tests.integration.isolation.test_results import LAB, NURSE
from tests.integration.isolation.trial import Trial, china

_report_task = speaking(report_task, "task.reported")


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        yield town


def found(isolation: Trial, case_ids: list[str], negatives: int = 0, *, corrects: bool = False) -> None:
    """A run of a laboratory, all of it seen to; or what corrects it, of one person."""
    now = isolation.clock.now()
    run = {"sample_id": "S", "method": "pcr", "stage": "confirmed", "batch": "R-7"}
    run |= {"sampled_at": china("2022-10-01 06:30"), "reported_at": now}
    given = [{"case_id": id, "result": "positive", **run} for id in case_ids]
    given += [{"identity": {"number": f"N{n}"}, "result": "negative", **run} for n in range(negatives)]
    if corrects:
        given = [{"case_id": case_ids[0], "result": "negative", **run, "supersedes": "p-0"}]
    id = "corrected" if corrects else "p"
    commands = [
        command(isolation, "test.reported", one, author=LAB, id=f"{id}-{n}") for n, one in enumerate(given)
    ]
    say_all(isolation, report_test, commands)
    seen_to(isolation)


def seen_to(isolation: Trial) -> None:
    isolation.clock.advance(seconds=31)
    for timer in (see_to_positives, make_contacts):
        isolation.until_done(timer)


def test_contacts_are_listed_on_the_case_and_told_from_the_list(town: Town) -> None:
    case_id = town.open_case()
    officer, path = town.officer(), f"/cases/{case_id}"
    assert "contacts" not in officer.get(path).text
    found(town.isolation, [case_id])
    page = officer.get(path)
    assert "call about a test result" in page.text and "Nobody is on the list" in page.text
    wrong = officer.send(page, f"{path}/contacts", kind="person", name="", last_on="yesterday")
    assert wrong.status_code == 422
    assert "This is still missing." in wrong.text and "Say a day, such as 2022-10-01." in wrong.text
    grandmother = {"kind": "person", "name": "何样例", "phone": "13900000021", "remark": "cannot walk"}
    day = {"last_on": "2022-10-01", "lives_there": "yes"}
    sent = officer.send(officer.get(path), f"{path}/contacts", **grandmother, **day)
    assert sent.status_code == 303
    page = officer.get(sent.headers["Location"])
    assert "It stands on the contacts" in page.text and "何*" in page.text and "何样例" not in page.text
    row = row_of(officer, "close_contacts")
    assert row in page.text
    shown = officer.act(officer.get(row), f"{row}/reveal", "", reason="to call them")
    assert "何样例" in shown.text and "13900000021" in shown.text and "cannot walk" in shown.text
    assert "It is settled" in settle(officer, row, "settle", outcome="informed", note="called").text
    assert re.search(r'href="/lists/close_contacts/', officer.get("/lists/close_contacts").text) is None
    seen_to(town.isolation)
    found(town.isolation, [case_id], corrects=True)
    page = officer.get(path).text
    assert "tell contacts that it was a mistake" in page and "that it was a mistake</li>" in page
    assert "Put it on the list" not in page
    page = officer.get(row_of(officer, "close_contacts")).text
    assert "They hear that it was a mistake" in page and 'name="settle-outcome"' not in page
    assert "It is settled" in settle(officer, row, "correct", outcome="informed").text


def test_an_unusual_batch_is_decided_by_the_district(town: Town) -> None:
    people = [town.open_case() for _ in range(5)]
    found(town.isolation, people, negatives=15)
    assert not [row for row in town.isolation.rows(t.tasks) if row["kind"] == "see_positive"]
    officer = town.officer("district")
    row = row_of(officer, "unusual_batches")
    page = officer.get(row).text
    assert "/lab-1/results" in page and ">20<" in page and "reveal" not in page
    assert "It is settled" in settle(officer, row, "decide", outcome="stands").text
    seen_to(town.isolation)
    assert len([row for row in town.isolation.rows(t.tasks) if row["kind"] == "see_positive"]) == 5


def test_a_late_result_is_decided_on_the_page_of_a_case_that_has_ended(town: Town) -> None:
    case_id = town.open_case()
    officer, path = town.officer("street"), f"/cases/{case_id}"
    said = {"case_id": case_id, "decision": "cancel", "expects": 1, "because": "wrongly_opened"}
    town.doors.say("isolation", "decide_case", town.actor("street"), "it-ends-here", said)
    found(town.isolation, [case_id])
    [task] = [row for row in town.isolation.rows(t.tasks) if row["kind"] == "late_result"]
    page = officer.get(path)
    assert "a result came after the end: decide" in page.text and "/decide/reopen" in page.text
    action = f"{path}/tasks/{task['task_id']}"
    assert officer.send(page, action, what="done", reason="").status_code == 403
    assert officer.send(officer.get(path), action, what="waived", reason="another one's").status_code == 303


@pytest.fixture
def home(sqlite_url: Callable[..., str]) -> Iterator[Home]:
    with open_home(sqlite_url) as home:
        home.at("2022-10-01 08:10")
        yield home


def is_called(home: Home) -> None:
    [task] = [row for row in home.isolation.rows(t.tasks) if row["kind"] == "see_positive"]
    call = {"task_id": task["task_id"], "outcome": "done"}
    assert _report_task(home.isolation, call, author=NURSE).kind == "done"
    seen_to(home.isolation)


def home_is_called(home: Home) -> None:
    found(home.isolation, home.case_ids()[:1])
    is_called(home)


def test_the_page_of_the_household_says_nothing_before_somebody_has_called(home: Home) -> None:
    mother, *children = home.case_ids()
    before = home.browser().get().text
    found(home.isolation, [mother])
    page = home.browser().get().text
    for words in ("与您通话", "密切接触者", "阳", "复采"):
        assert words not in page and words not in before
    is_called(home)
    page = home.browser().get().text
    assert "与您通话" in page and "原因：您是密切接触者" in page and "阳" not in page
    assert {home.isolation.case(child)["measure"] for child in children} == {"central_isolation"}
