"""Contact persons who may report for a household: by a link of their own they read and report, no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chassis.commands.command import Author
from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.contacts.change_contact import change_contact
from services.isolation.door import DOOR
from tests.doors import Visitor
from tests.integration.isolation.saying import speaking
from tests.integration.isolation.test_links import look_up
from tests.integration.isolation.trial import SEALER, Trial, arrival, china

change = speaking(change_contact, "contact.changed")
HOME = "0183917b-8c11-7a42-8d07-3f6c2b9e5a99"
NINE = china("2022-10-01 09:00")
DAUGHTER = {"name": "刘梅", "phone": "13800000000", "relation": "女儿", "may_report": True}
NEIGHBOUR = {"name": "孙宁", "phone": "13800000001", "relation": "邻居", "may_report": False}


@pytest.fixture
def family(isolation: Trial) -> list[Event]:
    came = [arrival(level="medium", household_id=HOME) for _ in range(2)]
    isolation.clock.moment = NINE
    isolation.follow(*came)
    return came


def say(isolation: Trial, family: list[Event], *contacts: dict[str, Any], **more: Any) -> None:
    ids = [one.data["arrival_id"] for one in family]
    assert change(isolation, {"case_ids": ids, "contacts": list(contacts), **more}).kind == "done"


def invited(isolation: Trial) -> list[tuple[str, str, str]]:
    """(name, phone, token) of each invitation."""
    found = []
    for event in isolation.recorded("contact.invited"):
        person = SEALER.unseal(event.data["contact"])
        found.append((person["name"], person["phone"], SEALER.unseal(event.data["link"], "link")))
    return found


def test_who_may_report_is_invited_once_and_their_link_says_who_they_are(
    isolation: Trial, family: list[Event]
) -> None:
    say(isolation, family, DAUGHTER, NEIGHBOUR)
    [(name, phone, token)] = invited(isolation)
    assert (name, phone) == ("刘梅", "13800000000")
    found = look_up(isolation, token).json
    assert (found["household"], found["may_act"]) == (HOME, True)
    assert (found["contact"]["name"], found["contact"]["relation"]) == ("刘梅", "女儿")
    say(isolation, family, {**DAUGHTER, "name": "刘小梅", "phone": "+86 138-0000-0000"})
    assert len(invited(isolation)) == 1, "the same phone keeps its link"
    assert look_up(isolation, token).json["contact"]["name"] == "刘小梅"
    stored = repr(isolation.rows(t.contact_links)) + repr(isolation.rows(t.case_history))
    assert not any(secret in stored for secret in (token, "刘", "13800000000"))
    assert isolation.audit()["balanced"]


@pytest.mark.parametrize("then", [[], [{**DAUGHTER, "may_report": False}], [NEIGHBOUR]])
def test_who_may_no_more_finds_nothing_by_their_link_and_gets_another_when_they_may_again(
    isolation: Trial, family: list[Event], then: list[dict[str, Any]]
) -> None:
    say(isolation, family, DAUGHTER)
    say(isolation, family, *then)
    [(_, _, token)] = invited(isolation)
    assert look_up(isolation, token).status_code == 404
    say(isolation, family, DAUGHTER)
    second = invited(isolation)[1][2]
    assert second != token and look_up(isolation, token).status_code == 404
    assert look_up(isolation, second).status_code == 200


def test_what_was_said_before_the_newest_word_invites_nobody(isolation: Trial, family: list[Event]) -> None:
    isolation.clock.moment = NINE + timedelta(hours=2)
    say(isolation, family, at=NINE + timedelta(hours=1))
    say(isolation, family, DAUGHTER, at=NINE)
    assert invited(isolation) == []


def test_after_the_end_nobody_is_invited_and_a_link_reads_on(isolation: Trial, family: list[Event]) -> None:
    say(isolation, family, DAUGHTER)
    ids = [one.data["arrival_id"] for one in family]
    isolation.follow(
        *(arrival(id, version=2, not_coming=True, expected=True, household_id=HOME) for id in ids)
    )
    say(isolation, family, DAUGHTER, {**NEIGHBOUR, "may_report": True})
    [(_, _, token)] = invited(isolation)
    assert look_up(isolation, token).json["may_act"] is False


@pytest.fixture
def daughter(isolation: Trial, family: list[Event]) -> Author:
    say(isolation, family, DAUGHTER)
    [(_, _, token)] = invited(isolation)
    id = look_up(isolation, token).json["contact"]["id"]
    return Author("contact", f"/link/{id}", id)


def speak(isolation: Trial, author: Author, command: str, data: dict[str, Any], household: str = HOME) -> Any:
    return Visitor(DOOR, isolation.work).say(author, command, data, household=household)


def test_a_contact_person_tells_of_the_household_and_says_no_more(
    isolation: Trial, family: list[Event], daughter: Author
) -> None:
    first, second = (one.data["arrival_id"] for one in family)
    told = {"case_id": first, "temperature": 36.5, "symptoms": [], "how_known": "told_by", "note": "刘梅"}
    assert speak(isolation, daughter, "report_check_in", {"people": [told]}).status_code == 200
    [row] = isolation.rows(t.check_ins)
    assert (row["how_known"], row["source"]) == ("told_by", daughter.source)
    assert SEALER.unseal(row["note"], "note") == "刘梅"
    for how in ("seen", "by_phone", "by_link"):
        answer = speak(isolation, daughter, "report_check_in", {"people": [{**told, "how_known": how}]})
        assert answer.status_code == 422, how
    foreign = {"people": [{**told, "case_id": second}]}
    assert speak(isolation, daughter, "report_check_in", foreign, household="other").status_code == 404
    signed = {"case_ids": [first], "outcome": "signed", "signed_by": "刘梅", "text_version": "household/1"}
    assert speak(isolation, daughter, "sign_notice", signed).status_code == 403
    switched = {"case_ids": [first], "language": "en"}
    assert speak(isolation, daughter, "change_contact", switched).status_code == 403


def test_a_proxy_signs_the_notice_under_the_name_of_the_register_and_nobody_else_does(
    isolation: Trial, family: list[Event]
) -> None:
    ids = [one.data["arrival_id"] for one in family]
    say(
        isolation, family, {**DAUGHTER, "may_report": False, "proxy": True}, {**NEIGHBOUR, "may_report": True}
    )
    authors = {}
    for name, _, token in invited(isolation):
        found = look_up(isolation, token).json["contact"]
        assert found["proxy"] == (name == "刘梅")
        authors[name] = Author("contact", f"/link/{found['id']}", found["id"])
    signed = {"case_ids": ids, "outcome": "signed_by_proxy", "text_version": "household/1/zh-CN"}
    signed["signed_by"] = "somebody else"
    assert speak(isolation, authors["孙宁"], "sign_notice", signed).status_code == 403
    assert speak(isolation, authors["刘梅"], "sign_notice", signed, household="other").status_code == 404
    for wrong in ({"outcome": "signed"}, {"text_version": None}):
        assert speak(isolation, authors["刘梅"], "sign_notice", signed | wrong).status_code == 422, wrong
    assert isolation.rows(t.notices) == []
    assert speak(isolation, authors["刘梅"], "sign_notice", signed).status_code == 200
    rows = isolation.rows(t.notices)
    assert {SEALER.unseal(row["signed_by"], "note") for row in rows} == {"刘梅 · 女儿"}
    assert {(row["outcome"], row["source"]) for row in rows} == {("signed_by_proxy", authors["刘梅"].source)}
    for one in family:
        assert [task["state"] for task in isolation.tasks(one) if task["kind"] == "signed_notice"] == ["done"]
    say(isolation, family, DAUGHTER)
    assert speak(isolation, authors["刘梅"], "sign_notice", signed).status_code == 403, "no proxy any more"
    assert isolation.audit()["balanced"]
