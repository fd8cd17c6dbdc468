"""A contact person's own link goes to them by text, and the text names nobody else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.envelope import Event
from services.notification.messages import queries
from services.notification.messages.sender import Sender
from tests.integration.notification.test_phones import URL, family
from tests.integration.notification.trial import (
    QUICK,
    SEALER,
    TEXTS,
    Kept,
    event,
    inform,
    recorded,
    rows,
    send_all,
)

TOKEN = "0123456789ab"


def invitation(case: Event, **more: Any) -> Event:
    link_id = new_id()
    data = {
        "link_id": link_id,
        "case_id": case.data["case_id"],
        "arrival_id": case.data["case_id"],
        "household_id": None,
        "contact": SEALER.seal({"name": "刘梅", "phone": "13811110000"}),
        "language": "zh-CN",
        "link": SEALER.seal(TOKEN, "link"),
        "community": None,
        **more,
    }
    return event("contact.invited", link_id, 1, data)


def sent(work: Work, url: str | None = URL) -> list[str]:
    kept = Kept()
    send_all(work, Sender(work, {"sms": kept}, TEXTS, replace(QUICK, public_url=url)))
    return [text for to, text in kept.sent if to == "13811110000"]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_they_get_their_own_link_and_no_name_of_whoever_lives_there(work: Work, language: str) -> None:
    case = family()
    inform(work, case, invitation(case, language=language))
    [text] = sent(work)
    assert f"{URL}/r/{TOKEN} " in text and "刘梅" in text
    assert not any(part in text for part in ("王建国", "13900002222", "4号楼", "隔离", "isolation"))
    with work.database.read() as conn:
        shown = queries.trace(conn, case.data["case_id"], sealer=SEALER, texts=TEXTS, public_url=URL)
        assert queries.audit(conn)["balanced"]
    assert TOKEN not in str(shown) and "刘梅" in str(shown)


def test_no_name_brings_a_link_into_the_text(work: Work) -> None:
    case = family()
    person = SEALER.seal({"name": "刘梅 http://evil.example/1", "phone": "13811110000"})
    inform(work, case, invitation(case, contact=person))
    [text] = sent(work)
    assert "evil.example" not in text and "刘梅" in text


def test_two_contact_persons_of_one_case_each_get_theirs(work: Work) -> None:
    case = family()
    inform(work, case, invitation(case), invitation(case, link=SEALER.seal("ba9876543210", "link")))
    assert len(set(sent(work))) == 2


def test_nobody_is_asked_to_call_a_contact_person_whom_no_text_reaches(work: Work) -> None:
    case = family()
    landline = SEALER.seal({"name": "刘梅", "phone": None})
    inform(work, case, invitation(case, contact=landline))
    assert sent(work) == []
    assert {row["state"] for row in rows(work) if row["recipient_kind"] == "contact"} == {"failed"}
    assert recorded(work, "message.undeliverable") == []


def test_without_an_address_of_the_console_they_are_told_whom_to_call(work: Work) -> None:
    case = family()
    inform(work, case, invitation(case))
    [text] = sent(work, url=None)
    assert "http" not in text and "12345" in text
