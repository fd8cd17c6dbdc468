"""People whose days are full are released, from a list or from a case; each outcome is named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from services.isolation import tables as t
from services.isolation.cases.plan_next_day import plan_next_day
from services.isolation.release.propose_releases import propose_releases
from services.isolation.tests.report_test import report_test
from tests.integration.console.officers import Town, open_town
from tests.integration.console.test_officers_settle import settle
from tests.integration.isolation.saying import speaking
from tests.integration.isolation.test_results import LAB
from tests.integration.isolation.trial import china

_result = speaking(report_test, "test.reported")


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    """Three households at the end of three days, the third without the result of the last day."""
    with open_town(sqlite_url) as town:
        cases = [town.open_case(level="low") for _ in range(3)]
        for number, case_id in enumerate(cases):
            for day in (2, 4) if number < 2 else (2,):
                negative(town, case_id, day)
        at(town, "2022-10-05 09:00")
        yield town


def negative(town: Town, case_id: str, day: int) -> None:
    moment = china(f"2022-10-0{day} 12:00")
    town.isolation.clock.moment = max(town.isolation.clock.moment, moment)
    data = {"case_id": case_id, "sample_id": f"S-{day}", "sampled_at": moment, "reported_at": moment}
    said = {**data, "method": "pcr", "stage": "confirmed", "result": "negative"}
    assert _result(town.isolation, said, author=LAB).kind == "done"


def at(town: Town, moment: str) -> None:
    town.isolation.clock.moment = china(moment)
    for timer in (plan_next_day, propose_releases):
        town.isolation.until_done(timer)


def states(town: Town) -> list[str]:
    return sorted(row["state"] for row in town.isolation.rows(t.cases))


def boxes(text: str) -> list[str]:
    return re.findall(r'type="checkbox" name="case_id" value="([^"]+)"', text)


def pairs(text: str) -> list[str]:
    return re.findall(r'type="hidden" name="case" value="([^"]+)"', text)


def test_those_at_their_end_are_released_at_once_with_an_outcome_for_each(town: Town) -> None:
    officer = town.officer()
    board = officer.get("/board")
    assert "To be released" in board.text and 'class="loud"' in board.text
    held = officer.get("/lists/held_past_term")
    assert "a result is missing" in held.text and "5 October" in held.text

    page = officer.get("/lists/cases_to_release?choose=all")
    ids = boxes(page.text)
    assert len(ids) == 2 and page.text.count(" checked") == 2
    preview = officer.send(page, "/release", case_id=ids)
    assert "2 households with 2 people" in preview.text and len(pairs(preview.text)) == 2
    assert states(town) == ["open", "release_review", "release_review"], "looking does nothing"

    for _ in range(2):  # a double click is one act
        done = officer.send(preview, "/release/now", case=pairs(preview.text))
        assert "2 people are released" in done.text
    assert states(town) == ["open", "released", "released"]
    assert len(town.isolation.recorded("case.changed")) == 2
    [released] = [row for row in town.isolation.rows(t.cases) if row["state"] == "released"][:1]
    again = [f"{released['case_id']}:{released['version']}"]
    assert "the case has changed meanwhile" in officer.send(preview, "/release/now", case=again).text
    assert "Nothing stands on this list" in officer.get("/lists/cases_to_release").text

    listed = officer.get("/lists/codes_to_set_back")
    assert "2 households with 2 people" in listed.text and "5 October" in listed.text
    path = re.findall(r'href="(/lists/codes_to_set_back/[^"?]+)"', listed.text)[0]
    assert "It is settled" in settle(officer, path, "set_back").text
    assert "1 household with 1 person" in officer.get("/lists/codes_to_set_back").text
    assert "health code set back" in officer.get(f"/cases/{path.rpartition('/')[2]}").text


def test_whom_something_holds_by_then_stays_and_is_named_with_why(town: Town) -> None:
    officer = town.officer()
    page = officer.get("/lists/cases_to_release")
    preview = officer.send(page, "/release", case_id=boxes(page.text))
    said = [
        *pairs(preview.text),
        f"{sorted(row['case_id'] for row in town.isolation.rows(t.cases) if row['state'] == 'open')[0]}:1",
    ]
    done = officer.send(preview, "/release/now", case=said)
    assert "2 people are released" in done.text and "1 person is not released" in done.text
    assert "something holds them: a result is missing" in done.text


def test_nobody_chosen_is_said_and_nothing_is_done(town: Town) -> None:
    officer = town.officer(language="zh-CN")
    answer = officer.send(officer.get("/lists/cases_to_release"), "/release")
    assert answer.status_code == 422 and "请选择人员" in answer.text


def test_one_is_released_from_the_page_of_the_case(town: Town) -> None:
    officer = town.officer()
    case_id = boxes(officer.get("/lists/cases_to_release").text)[0]
    page = officer.get(f"/cases/{case_id}")
    answer = officer.send(page, f"/cases/{case_id}/release")
    assert answer.status_code == 303
    after = officer.get(answer.headers["Location"])
    assert "The case is ended" in after.text and "Release them" not in after.text
    late = officer.send(page, f"/cases/{case_id}/release")
    assert late.status_code in (303, 409)
    assert states(town).count("released") == 1
