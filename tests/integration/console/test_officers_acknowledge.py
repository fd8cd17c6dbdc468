"""A wave of overdue tasks: chosen, looked at, acknowledged once, with an outcome for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from services.isolation.tables import tasks
from tests.integration.console.officers import Town, open_town
from tests.integration.isolation.trial import COMMUNITY


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        for _ in range(3):
            town.open_case()
        town.day_after(hours=4)
        yield town


def overdue(town: Town) -> list[dict]:
    return [row for row in town.isolation.rows(tasks) if row["state"] == "missed"]


def boxes(text: str) -> list[str]:
    return re.findall(r'type="checkbox" name="task_id" value="([^"]+)"', text)


def test_wish_4_wish_5_wish_6_a_wave_is_one_act_with_an_outcome_for_each_row(town: Town) -> None:
    officer = town.officer()
    asked = "/lists/overdue_tasks?kind=first_contact"
    page = officer.get(asked)
    assert page.text.count(" checked") == 0, "nothing is chosen beforehand"
    every = officer.get(f"{asked}&choose=all")
    ids = boxes(every.text)
    assert len(ids) == 3 and every.text.count(" checked") == 3
    said = {"task_id": ids, "cause": "mass_test", "until": "two_hours"}
    preview = officer.send(every, "/acknowledge", **said)
    assert preview.status_code == 200 and "3 households with 3 tasks" in preview.text
    assert "mass testing" in preview.text and "1 October 13:00" in preview.text
    assert not any(row["acts"] for row in overdue(town)), "looking does nothing"

    for _ in range(2):  # a double click is one act
        done = officer.send(preview, "/acknowledge/now", task_id=ids)
        assert done.status_code == 200 and "3 tasks are acknowledged" in done.text
        assert done.text.count("held until 1 October") == 3
    acts = [row["acts"]["said"] for row in overdue(town) if row["task_id"] in ids]
    assert [len(of_task) for of_task in acts] == [1, 1, 1]
    assert {of_task[0]["because"] for of_task in acts} == {"mass_test"}

    again = officer.send(officer.get(asked), "/acknowledge", **said)
    second = officer.send(again, "/acknowledge/now", task_id=ids)
    assert second.text.count("the next level is told") == 3
    for _ in range(2):
        back = officer.send(second, "/acknowledge/take-back", task_id=ids)
        assert back.status_code == 200 and "3 acknowledgements are taken back" in back.text
    stale = officer.send(again, "/acknowledge/now", task_id=ids)
    assert stale.text.count("taken back or changed since") == 3 and "3 tasks are not ack" in stale.text
    acts = [row["acts"]["said"] for row in overdue(town) if row["task_id"] in ids]
    assert [[act["what"] for act in of_task] for of_task in acts] == [
        ["acknowledged", "acknowledged", "taken_back"]
    ] * 3, "what was said stays"
    town.isolation.clock.advance(minutes=3)
    late = officer.send(done, "/acknowledge/take-back", task_id=ids)
    assert "3 are not taken back" in late.text and late.text.count("it stays acknowledged") == 3


def test_a_time_longer_than_the_policy_allows_is_said_to_be_shorter(town: Town) -> None:
    officer = town.officer(language="zh-CN")
    page = officer.get("/lists/overdue_tasks?kind=first_contact")
    said = {"task_id": boxes(page.text)[:1], "cause": "weather", "until": "at"}
    preview = officer.send(page, "/acknowledge", **said, until_at="2022-10-09T18:00")
    done = officer.send(preview, "/acknowledge/now", task_id=said["task_id"])
    assert "规定的最长时限" in done.text


def test_what_is_missing_is_said_beside_its_field_and_nothing_is_lost(town: Town) -> None:
    officer = town.officer()
    page = officer.get("/lists/overdue_tasks")
    empty = officer.send(page, "/acknowledge")
    assert empty.status_code == 422
    for says in ("Choose the tasks", "Say why they are late", "Say by when"):
        assert says in empty.text
    ids = boxes(page.text)[:2]
    past = officer.send(
        page, "/acknowledge", task_id=ids, cause="other", until="at", until_at="2022-10-01T07:00"
    )
    assert past.status_code == 422 and "still to come" in past.text and "in words what else" in past.text
    assert past.text.count(" checked") == 4, "the tasks, the cause and the term"
    assert 'value="2022-10-01T07:00"' in past.text


def test_tasks_of_other_places_are_not_acknowledged(town: Town) -> None:
    """Whoever sends ids of others finds them neither in the preview nor done."""
    officer = town.officer()
    elsewhere = {"street": "beside", "community": "c-2", "grid": "g-2"}
    town.open_case(destination=elsewhere, worker=None)
    town.day_after(hours=4)
    ids = [
        row["task_id"]
        for row in overdue(town)
        if town.isolation.case(row["case_id"])["community"] != COMMUNITY
    ]
    assert ids
    page = officer.get("/lists/overdue_tasks")
    preview = officer.send(page, "/acknowledge", task_id=ids, cause="outage", until="two_hours")
    assert preview.status_code == 422 and "Choose the tasks" in preview.text
