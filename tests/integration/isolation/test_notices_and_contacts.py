"""Notices, refusals and contacts: what is said of a household at its door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chassis.ids import new_id
from contracts.envelope import Event
from field.scope import NOWHERE
from services.isolation import tables as t
from services.isolation.contacts.change_contact import change_contact
from services.isolation.notices.report_refusal import report_refusal
from services.isolation.notices.sign_notice import sign_notice
from services.isolation.tasks.find_overdue import find_overdue
from tests.integration.isolation.saying import LINK, command, say_all, speaking
from tests.integration.isolation.trial import SEALER, Trial, arrival, china

sign = speaking(sign_notice, "notice.signed")
refuse = speaking(report_refusal, "refusal.reported")
change = speaking(change_contact, "contact.changed")
NINE = china("2022-10-01 09:00")


@pytest.fixture
def family(isolation: Trial) -> list[Event]:
    home = new_id()
    came = [arrival(level="medium", household_id=home) for _ in range(2)]
    isolation.follow(*came)
    isolation.clock.moment = NINE
    return came


def ids(came: list[Event]) -> list[str]:
    return [one.data["arrival_id"] for one in came]


def state(isolation: Trial, came: Event, kind: str) -> list[str]:
    return [task["state"] for task in isolation.tasks(came) if task["kind"] == kind]


def lines(isolation: Trial, what: str) -> list[dict[str, Any]]:
    return [row["detail"] for row in isolation.rows(t.case_history) if row["what"] == what]


# -- notices -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [
        {"outcome": "signed", "read_aloud": True},
        {"outcome": "signed_by_guardian", "signed_by": "Li Si"},
        {"outcome": "signed_by_proxy", "signed_by": "Li Si", "witness": "officer"},
        {"outcome": "refused_to_sign", "witness": "officer", "read_aloud": True},
    ],
)
def test_a_notice_is_settled_for_the_whole_household(
    isolation: Trial, family: list[Event], how: dict[str, Any]
) -> None:
    assert sign(isolation, {"case_ids": ids(family), **how}).kind == "done"
    assert [state(isolation, one, "signed_notice") for one in family] == [["done"], ["done"]]
    assert len(isolation.rows(t.notices)) == 2
    assert "Li Si" not in str(isolation.rows(t.notices)) + str(isolation.rows(t.case_history))
    assert isolation.audit()["balanced"]


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"outcome": "signed", "text_version": "household/1/en"}, "signed_by"),
        ({"outcome": "signed", "signed_by": "Li Si"}, "text_version"),
        ({"outcome": "refused_to_sign", "signed_by": "Li Si", "text_version": "household/1/en"}, "outcome"),
    ],
)
def test_on_its_own_page_a_household_signs_a_text_that_is_known_with_a_name(
    isolation: Trial, family: list[Event], how: dict[str, Any], field: str
) -> None:
    outcome = sign(isolation, {"case_ids": ids(family), **how}, author=LINK)
    assert outcome.kind == "invalid" and field in [fault.where for fault in outcome.faults]
    assert isolation.rows(t.notices) == []


def test_a_notice_that_is_said_again_when_its_outcome_is_forgotten_is_noted_once(
    isolation: Trial, family: list[Event]
) -> None:
    signed = {"case_ids": ids(family), "outcome": "signed"}
    assert sign(isolation, signed, id="same") == sign(isolation, signed, id="same")
    assert (len(isolation.rows(t.notices)), len(lines(isolation, "notice"))) == (2, 2)


def test_a_notice_does_not_count_for_a_stricter_measure_that_began_later(
    isolation: Trial, family: list[Event]
) -> None:
    later = NINE + timedelta(hours=2)
    isolation.clock.moment = later + timedelta(hours=1)
    isolation.follow(arrival(ids(family)[0], version=2, level="high", at=later))
    sign(isolation, {"case_ids": ids(family)[:1], "outcome": "signed", "at": NINE})
    assert "due" in state(isolation, family[0], "signed_notice")
    sign(isolation, {"case_ids": ids(family)[:1], "outcome": "signed"})
    assert "due" not in state(isolation, family[0], "signed_notice")


@pytest.mark.parametrize(
    ("how", "faults"),
    [
        ({"outcome": "refused_to_sign"}, [("witness", "missing")]),
        ({"outcome": "refused_to_sign", "witness": "worker-1"}, [("witness", "own_witness")]),
        ({"outcome": "refused_to_sign", "witness": "a neighbour"}, [("witness", "unknown_staff")]),
        ({"outcome": "signed_by_proxy"}, [("signed_by", "missing")]),
    ],
)
def test_a_notice_without_a_witness_or_a_name_is_refused(
    isolation: Trial, family: list[Event], how: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    outcome = sign(isolation, {"case_ids": ids(family), **how})
    assert [(fault.where, fault.code) for fault in outcome.faults] == faults
    assert [state(isolation, one, "signed_notice") for one in family] == [["due"], ["due"]]


def test_one_command_is_about_one_household(isolation: Trial, family: list[Event]) -> None:
    other = arrival(level="medium")
    isolation.follow(other)
    outcome = sign(isolation, {"case_ids": ids([*family, other]), "outcome": "signed"})
    assert [fault.code for fault in outcome.faults] == ["other_household"]
    assert sign(isolation, {"case_ids": ids(family), "outcome": "signed"}, scope=NOWHERE).kind == "unknown"


# -- refusals ----------------------------------------------------------------------------------------------

REFUSAL = {"what": "isolation", "why": "care_of_others", "witness": "nurse", "what_would_help": "a nurse"}


def test_a_refusal_is_recorded_and_an_officer_has_an_hour(isolation: Trial, family: list[Event]) -> None:
    assert refuse(isolation, {"case_ids": ids(family), **REFUSAL}).kind == "done"
    tasks = [task for one in family for task in isolation.tasks(one) if task["kind"] == "settle_refusal"]
    assert [(task["staff_id"], task["due_by"]) for task in tasks] == [("officer", NINE + timedelta(hours=1))]
    assert {row["task_id"] for row in isolation.rows(t.refusals)} == {tasks[0]["task_id"]}
    assert [line["why"] for line in lines(isolation, "refusal")] == ["care_of_others"] * 2
    line = isolation.trace(ids(family)[0])["history"][-1]
    assert (line["what"], line["refused"]) == ("refusal", "isolation")
    assert {isolation.case(one)["state"] for one in family} == {"open"}
    stored = str(isolation.rows(t.refusals)) + str(isolation.rows(t.case_history))
    assert "a nurse" not in stored
    isolation.clock.moment = NINE + timedelta(hours=1)
    isolation.until_done(find_overdue)
    told = [e for e in isolation.recorded("task.overdue") if e.data["kind"] == "settle_refusal"]
    assert [s["staff_id"] for e in told for s in e.data["tell"]["staff"]] == ["officer"]
    assert isolation.audit()["balanced"]


def test_a_refusal_at_night_is_for_the_morning(isolation: Trial, family: list[Event]) -> None:
    isolation.clock.moment = china("2022-10-01 22:30")
    refuse(isolation, {"case_ids": ids(family), **REFUSAL})
    [task] = [task for task in isolation.tasks(family[0]) if task["kind"] == "settle_refusal"]
    assert task["due_by"] == china("2022-10-02 08:00")


def test_a_refusal_needs_a_second_member_of_staff(isolation: Trial, family: list[Event]) -> None:
    outcome = refuse(isolation, {"case_ids": ids(family), **REFUSAL, "witness": "worker-1"})
    assert [fault.code for fault in outcome.faults] == ["own_witness"]
    assert isolation.rows(t.refusals) == []


def test_a_refusal_said_again_when_its_outcome_is_forgotten_is_one(
    isolation: Trial, family: list[Event]
) -> None:
    for _ in range(2):
        refuse(isolation, {"case_ids": ids(family), **REFUSAL}, id="same")
    assert len(isolation.rows(t.refusals)) == 2
    assert state(isolation, family[0], "settle_refusal") == ["due"]


# -- contacts ----------------------------------------------------------------------------------------------

DAUGHTER = {"name": "Li Mei", "phone": "13800000000", "relation": "daughter", "may_report": True}


def stored(isolation: Trial) -> dict[str, Any]:
    [row] = isolation.rows(t.contacts)
    sealed = {name: row[name] and SEALER.unseal(row[name], "contact") for name in ("contacts", "best_time")}
    return row | sealed


def test_of_each_part_what_was_said_last_counts_in_whatever_order_it_comes(
    isolation: Trial, family: list[Event]
) -> None:
    isolation.clock.moment = NINE + timedelta(hours=3)
    early, late = NINE, NINE + timedelta(hours=1)
    change(isolation, {"case_ids": ids(family), "marks": ["dialysis"], "best_time": "19:00", "at": late})
    change(isolation, {"case_ids": ids(family)[:1], "contacts": [DAUGHTER], "marks": [], "at": early})
    row = stored(isolation)
    assert row["household"] == family[0].data["household_id"]
    assert (row["marks"], row["best_time"]) == (["dialysis"], "19:00")
    assert [one["name"] for one in row["contacts"]] == ["Li Mei"]
    assert "Li Mei" not in str(isolation.rows(t.contacts)) + str(isolation.rows(t.case_history))
    assert "dialysis" not in str(isolation.rows(t.case_history))
    assert lines(isolation, "contact_changed")[0]["changed"] == ["best_time", "marks"]
    change(isolation, {"case_ids": ids(family), "marks": []})
    assert stored(isolation)["marks"] == []
    assert isolation.audit()["balanced"]


def test_a_command_that_changes_nothing_is_refused(isolation: Trial, family: list[Event]) -> None:
    assert change(isolation, {"case_ids": ids(family)}).kind == "invalid"
    assert isolation.rows(t.contacts) == []


def test_messages_come_in_the_language_that_people_chose(isolation: Trial, family: list[Event]) -> None:
    first, second = family
    change(isolation, {"case_ids": ids([first]), "language": "en"})
    [event] = isolation.recorded("case.changed")
    assert (event.data["language"], event.data["change"]["kinds"]) == ("en", ["details"])
    assert event.correlationid == isolation.case(first)["correlation_id"]
    assert isolation.case(second)["language"] == "zh-CN"
    later = NINE + timedelta(hours=1)
    isolation.follow(arrival(ids(family)[0], version=2, level="medium", at=later, household_id=new_id()))
    assert isolation.case(first)["language"] == "en"
    change(isolation, {"case_ids": ids([first]), "language": "zh-CN", "at": NINE - timedelta(hours=1)})
    assert isolation.case(first)["language"] == "en"
    assert isolation.audit()["balanced"]


def test_who_chooses_a_language_before_they_come_is_welcomed_in_it(isolation: Trial) -> None:
    coming = arrival(level="medium", expected=True, arrived_at=NINE)
    isolation.follow(coming)
    assert change(isolation, {"case_ids": ids([coming]), "language": "en"}).kind == "done"
    assert isolation.case(coming)["language"] == "en" and isolation.recorded("case.changed") == []
    isolation.follow(arrival(ids([coming])[0], version=2, arrived_at=NINE, at=NINE, why=["came"]))
    [welcomed] = isolation.recorded("case.opened")
    assert welcomed.data["language"] == "en"
    assert isolation.audit()["balanced"]


def test_one_batch_may_switch_a_language_and_back(isolation: Trial, family: list[Event]) -> None:
    said = [
        command(isolation, "contact.changed", {"case_ids": ids(family), "language": language, "marks": []})
        for language in ("en", "zh-CN", "en")
    ]
    assert [one.kind for one in say_all(isolation, change_contact, said)] == ["done"] * 3
    assert [isolation.case(one)["language"] for one in family] == ["en", "en"]
    assert [e.version for e in isolation.recorded("case.changed")] == [2, 3, 4, 2, 3, 4]
    assert len(isolation.rows(t.contacts)) == 1
    assert isolation.audit()["balanced"]
