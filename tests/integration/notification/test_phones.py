"""Who has a phone at the console reads the rest there: their texts name nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from chassis.commands.command import Author
from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.envelope import Event
from services.notification.door import DOOR
from services.notification.messages import queries
from services.notification.messages.sender import Sender
from services.notification.reference.tables import phones, staff
from tests.doors import Visitor
from tests.integration.notification.pacing import contact
from tests.integration.notification.trial import (
    QUICK,
    SEALER,
    TEXTS,
    Kept,
    event,
    inform,
    opened,
    overdue,
    rows,
    send_all,
)

URL = "https://doorstep.example.cn"
CONSOLE = Author("console", "/console/phones", "phones")
KEPT = Kept()
THEIRS = "13911112222"
DAY = timedelta(days=1)


def now() -> datetime:
    return datetime.now(UTC)


def say(work: Work, *said: tuple[str, datetime | None], as_of: datetime | None = None) -> Any:
    given = [{"staff_id": id, "until": until.isoformat() if until else None} for id, until in said]
    data = {"as_of": (as_of or now()).isoformat(), "phones": given}
    return Visitor(DOOR, work).say(CONSOLE, "keep_phones", data)


def let_in(work: Work, *staff_ids: str) -> None:
    assert say(work, *((id, now() + DAY) for id in staff_ids)).status_code == 200


def family(household: str | None = None, **more: Any) -> Event:
    person = {"name": "王建国", "phone": "13900002222", "address": "张掖路街道京怡家园4号楼2单元1803"}
    member = {"role": "grid_worker", "staff_id": "w1", "contact": contact()}
    given = {"household_id": household, "person": SEALER.seal(person), "team": [member]}
    return opened(**{**given, **more})


def texts_of(work: Work, case: Event, url: str | None = URL) -> dict[str, str]:
    """By member of staff, what they were sent of the case: the same stands in its trace."""
    send_all(work, Sender(work, {"sms": KEPT}, TEXTS, replace(QUICK, public_url=url)))
    with work.database.read() as conn:
        of_case = queries.trace(conn, case.data["case_id"], sealer=SEALER, texts=TEXTS, public_url=url)
    shown = {
        message["deputy"] or message["recipient"]["staff_id"]: message["text"]
        for message in of_case["messages"]
        if message["recipient"]["kind"] == "staff"
    }
    assert {(THEIRS, text) for text in shown.values()} <= set(KEPT.sent)
    return shown


def names_nobody(text: str) -> bool:
    return not any(part in text for part in ("王建国", "13900002222", "2单元", "1803", "隔离"))


def test_whoever_has_a_phone_reads_building_task_time_and_link_and_others_the_whole(work: Work) -> None:
    household, case = new_id(), family()
    with_household = family(household)
    let_in(work, "w1")
    inform(work, case, with_household)
    text = texts_of(work, case)["w1"]
    assert text == (
        f"新任务：京怡家园4号楼一户，首次上门联系，请于10月1日11:00前办理。{URL}/doors/{case.data['case_id']}"
    )
    assert texts_of(work, with_household)["w1"].endswith(f"/doors/{household}")
    assert say(work, ("w1", None)).status_code == 200
    again = family()
    inform(work, again)
    whole = texts_of(work, again)["w1"]
    assert "王建国" in whole and "13900002222" in whole and "1803" in whole and "http" not in whole
    assert texts_of(work, case)["w1"] == text, "what was sent is shown as it was"


def test_a_phone_counts_until_its_session_ends_and_the_newest_word_of_it(work: Work) -> None:
    first, second = now() - timedelta(minutes=2), now() - timedelta(minutes=1)
    assert say(work, ("w1", None), as_of=second).status_code == 200
    assert say(work, ("w1", now() + DAY), as_of=first).get_json()["result"] == {"kept": 0}
    assert say(work, ("w2", now() - timedelta(seconds=5))).status_code == 200
    late, stale = family(), family(team=[{"role": "grid_worker", "staff_id": "w2", "contact": contact()}])
    inform(work, late, stale)
    assert "王建国" in texts_of(work, late)["w1"]
    assert "王建国" in texts_of(work, stale)["w2"]


def test_without_an_address_of_the_console_the_text_names_nobody_either(work: Work) -> None:
    let_in(work, "w1")
    case = family()
    inform(work, case)
    text = texts_of(work, case, url=None)["w1"]
    assert names_nobody(text) and text.endswith("详见您的工作页面。")


def test_whoever_follows_nobody_there_is_told_the_whole(work: Work) -> None:
    """On duty at night somebody is told of a household of which they find no page."""
    let_in(work, "w1", "night")
    case = family()
    inform(work, case)
    told = overdue(case.data["case_id"])
    member = told.data["tell"]["staff"][0]
    tell = told.data["tell"] | {"staff": [member, member | {"staff_id": "night"}]}
    inform(work, event("task.overdue", told.data["task_id"], 1, {**told.data, "tell": tell}))
    texts = texts_of(work, case)
    assert names_nobody(texts["w1"]) and "京怡家园4号楼" in texts["w1"]
    assert "王建国" in texts["night"] and "http" not in texts["night"]


@pytest.mark.parametrize("with_phone", [True, False])
def test_of_somebody_who_is_away_the_phone_of_the_deputy_counts(work: Work, with_phone: bool) -> None:
    common = {"version": 1, "role": "grid_worker", "place": "g1", "language": "zh-CN", "active": True}
    away = {"staff_id": "w1", "away_from": now() - DAY, "away_to": None, "deputy": "w2"}
    there = {"staff_id": "w2", "away_from": None, "away_to": None, "deputy": None}
    with work.database.begin() as conn:
        conn.execute(insert(staff), [common | {"person": contact()} | one for one in (away, there)])
    let_in(work, "w1", *(["w2"] if with_phone else []))
    case = family()
    inform(work, case)
    assert names_nobody(texts_of(work, case)["w2"]) is with_phone


def test_what_waited_through_the_night_goes_by_what_holds_in_the_morning(work: Work) -> None:
    case = family(measure="health_monitoring")
    inform(work, case)
    let_in(work, "w1")
    texts_of(work, case)
    assert [row["on_phone"] for row in rows(work) if row["staff_id"] == "w1"] == [True]
    assert [row["on_phone"] for row in rows(work) if row["recipient_kind"] == "resident"] == [False]


@pytest.mark.parametrize(
    ("author", "status"),
    [(CONSOLE, 200), ("w1", 403), (Author("publisher", "/rail/x", "rail"), 403)],
)
def test_only_the_console_says_whose_phones_are_in(work: Work, author: Any, status: int) -> None:
    data = {"as_of": now().isoformat(), "phones": [{"staff_id": "w1", "until": None}]}
    assert Visitor(DOOR, work).say(author, "keep_phones", data).status_code == status
    with work.database.read() as conn:
        assert len(conn.execute(phones.select()).all()) == (status == 200)


def test_of_too_many_phones_none_is_kept(work: Work) -> None:
    answer = say(work, *((f"w{number}", now() + DAY) for number in range(201)))
    assert answer.status_code == 422 and answer.get_json()["faults"][0]["code"] == "too_many"
