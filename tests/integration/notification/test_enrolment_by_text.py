"""The link that lets a phone in: one text, to the number of the register, to nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from chassis.commands.command import Author
from chassis.unit_of_work import Work
from services.notification.door import DOOR
from services.notification.messages import queries
from services.notification.messages.sender import Sender
from services.notification.reference.tables import staff
from services.notification.tables import notices
from tests.doors import Visitor
from tests.integration.notification.pacing import USUAL, at, contact, with_clock
from tests.integration.notification.trial import QUICK, SEALER, TEXTS, Kept, rows, send_all

LINK = f"https://doorstep.example.cn/take-up/{'t' * 43}"
CONSOLE = Author("console", "/console/enrolment", "enrolment")
MOBILE = "13911112222"
PEOPLE = (
    {"staff_id": "w1", "person": contact(phone=MOBILE)},
    {"staff_id": "w2", "person": contact("何静", "13911113333")},
    {"staff_id": "landline", "person": contact(phone="0931-8400000")},
    {"staff_id": "none", "person": SEALER.seal({"name": "李红", "phone": None})},
    {"staff_id": "left", "person": contact(phone=MOBILE), "active": False},
)


@pytest.fixture
def register(work: Work) -> Work:
    common = {"version": 1, "role": "grid_worker", "place": "g1", "language": "zh-CN", "active": True}
    with work.database.begin() as conn:
        conn.execute(insert(staff), [common | one for one in PEOPLE])
    return work


def offer(work: Work, staff_id: str = "w1", link: str = LINK, author: Any = CONSOLE, hours: int = 72) -> Any:
    until = (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
    said = {"staff_id": staff_id, "link": link, "until": until}
    return Visitor(DOOR, work).say(author, "offer_enrolment", said)


def sent(work: Work) -> list[tuple[str, str]]:
    kept = Kept()
    send_all(work, Sender(work, {"sms": kept}, TEXTS, replace(QUICK, pace=USUAL)))
    return kept.sent


def test_it_goes_to_the_number_of_the_register_at_once_at_any_hour(register: Work, tmp_path: Path) -> None:
    night = with_clock(register, tmp_path, at(23))
    assert offer(night).status_code == 200
    [(to, text)] = sent(night)
    assert to == MOBILE and text.endswith(LINK) and "6位口令" in text and "限用一次" in text
    [message] = rows(night)
    with night.database.read() as conn:
        [shown] = queries.trace(conn, message["case_id"], sealer=SEALER, texts=TEXTS)["messages"]
        stored = str(conn.execute(notices.select()).mappings().all()) + str(rows(night))
        assert queries.audit(conn)["balanced"]
    assert "t" * 43 not in shown["text"] and "t" * 43 not in stored, "the link is a key"


def test_no_deputy_gets_what_opens_the_account_of_whoever_is_away(register: Work) -> None:
    away = {"away_from": datetime.now(UTC) - timedelta(days=1), "away_to": None, "deputy": "w2"}
    with register.database.begin() as conn:
        conn.execute(update(staff).where(staff.c.staff_id == "w1").values(away))
    assert offer(register).status_code == 200
    assert [to for to, _ in sent(register)] == [MOBILE]


@pytest.mark.parametrize(
    ("staff_id", "status", "code"),
    [("landline", 422, "no_mobile"), ("none", 422, "no_mobile"), ("left", 404, ""), ("w-9999", 404, "")],
)
def test_whom_no_text_reaches_gets_none(register: Work, staff_id: str, status: int, code: str) -> None:
    answer = offer(register, staff_id)
    assert answer.status_code == status
    assert not code or answer.get_json()["faults"][0]["code"] == code
    assert sent(register) == []


@pytest.mark.parametrize(
    "link",
    ["https://evil.example/?" + "t" * 43, "打开 " + LINK, LINK + " 转账", LINK[:-1], "javascript:alert(1)"],
)
def test_no_text_says_anything_but_such_a_link(register: Work, link: str) -> None:
    assert offer(register, link=link).status_code == 422
    assert sent(register) == []


@pytest.mark.parametrize("author", ["w1", Author("publisher", "/rail/x", "rail")])
def test_only_the_console_has_links_sent(register: Work, author: Any) -> None:
    assert offer(register, author=author).status_code == 403
    assert sent(register) == []


def test_the_same_act_twice_is_one_text(register: Work) -> None:
    until = (datetime.now(UTC) + timedelta(hours=72)).isoformat()
    said = {"staff_id": "w1", "link": LINK, "until": until}
    door = Visitor(DOOR, register)
    answers = [door.say(CONSOLE, "offer_enrolment", said, key="the-same-key").get_json() for _ in range(2)]
    assert answers[0]["result"] == answers[1]["result"] and len(sent(register)) == 1


def test_of_two_that_were_asked_for_only_the_newest_is_sent(register: Work) -> None:
    newest = LINK[:-1] + "n"
    assert offer(register).status_code == offer(register, "w2").status_code == 200
    assert offer(register, link=newest).status_code == 200
    texts = dict(sent(register))
    assert len(texts) == 2 and texts[MOBILE].endswith(newest) and texts["13911113333"].endswith(LINK)
    assert sorted(row["state"] for row in rows(register)) == ["accepted", "accepted", "cancelled"]
    with register.database.read() as conn:
        assert queries.audit(conn)["balanced"]


def test_an_older_link_that_comes_late_takes_the_place_of_no_newer_one(register: Work) -> None:
    newest = LINK[:-1] + "n"
    offer(register, link=newest)
    assert offer(register, hours=71).status_code == 200
    assert newest in " ".join(text for _, text in sent(register))
