"""A case's page: masked, revealed for a reason, its trace, and what an officer decides of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from chassis.commands.command import Author
from chassis.database.tables import TABLES
from services.console.doors import Doors
from services.isolation.check_ins.report_check_in import report_check_in
from services.isolation.policies.import_policy import import_policy
from services.isolation.tasks.report_task import report_task
from tests.doors import CONSOLE
from tests.integration.console.officers import Town, open_town
from tests.integration.console.trial import NOBODY, token_of
from tests.integration.isolation.saying import speaking
from tests.integration.isolation.test_measures import low_is


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        yield town


def test_wish_12_a_case_says_why_it_is_so_and_what_comes_next(town: Town) -> None:
    case_id = town.open_case()
    page = town.officer().get(f"/cases/{case_id}").text
    assert "medium risk" in page and "counted from 30 September" in page and "ends on" in page
    assert "<dt>next</dt><dd>first visit, until 1 October" in page
    assert "case opened" in page and "李兰" in page and "<title>A case" in page
    # The days begin with the day that residents are told, where the day of arrival counts.
    town.isolation.do(import_policy, low_is("self_monitoring", arrival_is_day=1))
    of_low_risk = town.officer().get(f"/cases/{town.open_case(level='low')}").text
    assert "low risk" in of_low_risk and "counted from 1 October" in of_low_risk
    abroad = town.open_case(level="none", entered_on=date(2022, 9, 28))
    page = town.officer().get(f"/cases/{abroad}").text
    assert "came from abroad on 28 September" in page and "counted from 28 September" in page


def test_a_case_names_its_policy_and_whoever_did_something_in_the_language_of_the_page(town: Town) -> None:
    case_id = town.open_case()
    [visit] = [task for task in town.isolation.tasks(case_id) if task["kind"] == "first_contact"]
    officer, at = town.officer(), f"/cases/{case_id}"
    action = f"{at}/tasks/{visit['task_id']}"
    assert officer.send(officer.get(at), action, what="waived", reason="seen before").status_code == 303
    people = [{"case_id": case_id, "temperature": 36.6, "symptoms": [], "how_known": "by_link"}]
    by_link = Author("link", f"/link/{case_id}", case_id)
    speaking(report_check_in, "check_in.reported")(town.isolation, {"people": people}, author=by_link)
    for language, policy, who in (
        ("en", "ninth edition (2022-06)", "by the household&#39;s link"),
        ("zh-CN", "新型冠状病毒肺炎防控方案（第九版）", "住户链接"),
    ):
        page = town.officer(language=language).get(at).text
        assert f'<span translate="no">{policy}</span>' in page and who in page
        trace = page[page.index('class="plain trace"') :]
        assert (
            '<span translate="no">周明</span>' in trace
            and "officer<" not in trace
            and "/console/" not in trace
        )
        assert "/link/" not in trace and "cn-2022-06" not in page


def test_wish_25_it_is_masked_until_somebody_says_why_and_that_is_noted(town: Town) -> None:
    case_id = town.open_case()
    officer = town.officer()
    page = officer.get(f"/cases/{case_id}")
    assert "欧*" in page.text and "建国" not in page.text and "13909311234" not in page.text
    action = f"/cases/{case_id}/reveal"
    refused = officer.send(page, action, reason=" ")
    assert refused.status_code == 422 and "Say why" in refused.text and "建国" not in refused.text
    shown = officer.send(page, action, reason="her daughter asks")
    assert "欧阳建国" in shown.text and "13909311234" in shown.text and "花园路1号" in shown.text
    [view] = town.isolation.rows(TABLES["views"])
    assert (view["viewer"], view["about"], view["reason"]) == (
        "/console/officer",
        "case",
        "her daughter asks",
    )
    assert officer.browser.get(action).status_code == 405, "a GET shows nothing"


def test_wish_8_a_case_is_handed_over_once_however_often_it_is_sent(town: Town) -> None:
    case_id = town.open_case()
    officer = town.officer()
    page = officer.get(f"/cases/{case_id}")
    action = f"/cases/{case_id}/hand-over"
    assert officer.send(page, action, to="").status_code == 422
    wrong = officer.send(page, action, to="nobody-here", note="typed before")
    assert (
        wrong.status_code == 422 and "Nobody with this number" in wrong.text and "typed before" in wrong.text
    )
    for _ in range(2):
        done = officer.send(page, action, to="worker-2")
        assert done.headers["Location"] == f"/cases/{case_id}?said=handed_over"
    after = officer.get(done.headers["Location"]).text
    assert "The case is handed over" in after and "from 李兰, to 王山" in after
    assert town.isolation.case(case_id)["version"] == 2


def test_wish_7_what_was_typed_stays_beside_what_somebody_else_did(town: Town) -> None:
    case_id = town.open_case()
    mine, theirs = town.officer(), town.officer("street")
    page = mine.get(f"/cases/{case_id}")
    action = f"/cases/{case_id}/hand-over"
    theirs.send(theirs.get(f"/cases/{case_id}"), action, to="worker-2")
    late = mine.send(page, action, to="nurse", note="she knows them")
    assert late.status_code == 409 and "she knows them" in late.text
    assert '<option value="nurse" selected' in late.text, "mine"
    assert "handed over" in late.text and "秦岚" in late.text, "theirs, and who"
    assert mine.send(late, action, to="nurse", note="she knows them").status_code == 303, "sent again"


def test_what_was_not_possible_is_decided(town: Town) -> None:
    case_id = town.open_case()
    [first] = [task for task in town.isolation.tasks(case_id) if task["kind"] == "first_contact"]
    said = {"task_id": first["task_id"], "outcome": "not_possible", "because": "not_here"}
    speaking(report_task, "task.reported")(town.isolation, said)
    officer = town.officer()
    action = f"/cases/{case_id}/tasks/{first['task_id']}"
    to_decide = officer.get("/lists/tasks_to_decide").text
    assert f'href="/cases/{case_id}"' in to_decide
    page = officer.get(f"/cases/{case_id}")
    assert "not known here" in page.text, "why it was not possible"
    assert officer.send(page, action, what="waived", reason="").status_code == 422
    again = officer.send(page, action, what="taken", reason="")
    assert again.headers["Location"].endswith("said=taken")
    stale = officer.send(page, action, what="waived", reason="they moved")
    assert stale.status_code == 409 and "they moved" in stale.text
    assert officer.send(stale, action, what="waived", reason="they moved").status_code == 303
    states = {task["task_id"]: task["state"] for task in town.isolation.tasks(case_id)}
    assert states[first["task_id"]] == "waived"
    assert "they moved" not in officer.get(f"/cases/{case_id}").text, "a reason is sealed"


def test_what_is_not_ones_own_is_not_there_and_what_is_away_keeps_what_was_typed(town: Town) -> None:
    case_id = town.open_case()
    officer = town.officer()
    officer.get("/cases/01a225ac-1a31-73cd-9d89-a260fc53b38b", 404)
    page = officer.get(f"/cases/{case_id}")
    nowhere = Doors({**town.doors.urls, "isolation": NOBODY}, CONSOLE)
    away = town.officer(doors=nowhere)
    away.get(f"/cases/{case_id}", 503)
    kept = away.browser.post(
        f"/cases/{case_id}/hand-over",
        token=token_of(away.get("/account")),
        key="the-same-key",
        to="worker-2",
        expects="1",
    )
    assert kept.status_code == 503 and 'name="to" value="worker-2"' in kept.text
    assert 'name="key" value="the-same-key"' in kept.text
    assert officer.send(page, f"/cases/{case_id}/hand-over", to="worker-2").status_code == 303
