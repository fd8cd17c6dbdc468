"""A case whose term has passed holds nothing personal any more; what statistics need stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from chassis.database.personal import FORGOTTEN
from chassis.ids import new_id
from contracts.envelope import Event
from field.documents import IDENTITY
from services.isolation import tables as t
from services.isolation.breaches.judge_breach import judge_breach
from services.isolation.central.decide_move import decide_move
from services.isolation.central.import_centres import import_centres
from services.isolation.check_ins.report_check_in import report_check_in
from services.isolation.contacts.change_contact import change_contact
from services.isolation.needs.answer_need import answer_need
from services.isolation.needs.ask_need import ask_need
from services.isolation.notices.report_refusal import report_refusal
from services.isolation.notices.sign_notice import sign_notice
from services.isolation.permits.decide_permit import decide_permit
from services.isolation.permits.report_breach import report_breach
from services.isolation.permits.request_permit import request_permit
from services.isolation.policies import documents
from services.isolation.policies.import_policy import import_policy
from services.isolation.positives.list_close_contact import list_close_contact
from services.isolation.release.decide_case import decide_case
from services.isolation.retention.columns import EMPTIED, OF_HOUSEHOLDS
from services.isolation.retention.strip_cases import strip_cases
from services.isolation.tasks.call_by_phone import call_by_phone
from services.isolation.tasks.report_task import report_task
from services.isolation.tests.report_test import report_test
from services.isolation.tests.take_up_positive import take_up_positive
from tests.in_clear import opened
from tests.integration.isolation.saying import LINK, speaking
from tests.integration.isolation.test_permits import OFFICER
from tests.integration.isolation.test_results import LAB, result
from tests.integration.isolation.trial import SEALER, Trial, arrival, china, undeliverable

TERM = timedelta(days=180)
EVENING = china("2022-10-01 20:00")
NUMBER = "X00000001"
list_contact = speaking(list_close_contact, "close_contact.listed")
check_in = speaking(report_check_in, "check_in.reported")
change = speaking(change_contact, "contact.changed")
ask = speaking(ask_need, "need.asked")
answer = speaking(answer_need, "need.answered")
refuse = speaking(report_refusal, "refusal.reported")
sign = speaking(sign_notice, "notice.signed")
decide = speaking(decide_case, "case.decided")
request = speaking(request_permit, "permit.requested")
allow = speaking(decide_permit, "permit.decided")
absent = speaking(report_breach, "breach.reported")
judge = speaking(judge_breach, "breach.judged")
move = speaking(decide_move, "move.decided")
report = speaking(report_task, "task.reported")
of_laboratory = speaking(report_test, "test.reported")
take_up = speaking(take_up_positive, "test.taken_up")


def came_of(isolation: Trial, home: str | None, name: str, **more: Any) -> Event:
    person = {"name": name, "phone": "13900000001", "identity_number": NUMBER, "address": "Marker Lane 7"}
    index = isolation.work.index.brief(IDENTITY, NUMBER)
    event = arrival(
        household_id=home, person=SEALER.seal(person), identity_index=index, **{"level": "medium", **more}
    )
    isolation.follow(event)
    return event


def end(isolation: Trial, came: Event, decision: str = "move_to_hospital", **more: Any) -> None:
    how = {"place": "the Marker ward", "escort": "driver Marker", "note": "Marker knows the way"}
    data = {"case_id": came.subject, "decision": decision, "expects": isolation.case(came)["version"]}
    assert decide(isolation, data | (how | more if decision == "move_to_hospital" else more)).kind == "done"


@pytest.fixture
def family(isolation: Trial) -> list[Event]:
    """Two who live together, of whom everything was said that can be; all of it says Marker."""
    home = new_id()
    came = [came_of(isolation, home, name) for name in ("Marker the elder", "Marker the younger")]
    isolation.clock.moment = EVENING
    ids = [one.subject for one in came]
    contact = {"name": "Aunt Marker", "phone": "13900000002", "may_report": True, "proxy": True}
    said = {
        "case_ids": ids,
        "contacts": [contact],
        "marks": ["lives_alone"],
        "best_time": "when Marker is in",
    }
    assert change(isolation, said).kind == "done"
    how = {"temperature": 36.5, "symptoms": [], "how_known": "seen"}
    people = [{"case_id": id, "note": "Marker coughs", **how} for id in ids]
    assert check_in(isolation, {"people": people}).kind == "done"
    need = ask(isolation, {"case_ids": ids, "kind": "food", "text": "Marker's rice"}, author=LINK)
    said = {
        "need_id": need.result["need_id"],
        "outcome": "met",
        "how": "left_at_door",
        "note": "Marker is glad",
    }
    assert answer(isolation, said).kind == "done", answer(isolation, said)
    outing = {"begins": china("2022-10-02 08:00"), "ends": china("2022-10-02 14:00")}
    wanted = {"case_ids": ids, "kind": "treatment", "where": "the Marker ward", "outings": [outing]}
    permit = request(isolation, wanted, author=LINK).result["permit_id"]
    granted = {"permit_id": permit, "decision": "granted", "expects": 0, "how": "escorted_car"}
    assert allow(isolation, granted | {"escort": "driver Marker"}, author=OFFICER).kind == "done"
    away = {"case_ids": ids, "found": "not_at_home", "saw": "Marker left with a bag"}
    assert absent(isolation, away).kind == "done"
    for row in isolation.rows(t.breaches):
        judged = {"breach_id": row["breach_id"], "judgement": "explained", "expects": 0}
        assert judge(isolation, judged | {"words": "Marker was ill"}, author=OFFICER).kind == "done"
    said = {"what": "isolation", "why": "care_of_others", "witness": "nurse"}
    assert (
        refuse(isolation, {"case_ids": ids, "what_would_help": "a nurse for Marker", **said}).kind == "done"
    )
    signed = {"case_ids": ids, "outcome": "signed_by_proxy", "signed_by": "Marker's aunt", "witness": "nurse"}
    assert sign(isolation, signed).kind == "done"
    moves = ("transfer", {"place": "the Marker office"}), ("not_taken_over", {"note": "nobody knows Marker"})
    for decision, words in moves:
        expects = isolation.case(came[0])["version"]
        data = {"case_id": ids[0], "decision": decision, "expects": expects, **words}
        assert decide(isolation, data, author=OFFICER).kind == "done"
    isolation.do(import_centres, "centre_id,name,district,room,beds,families\nsite,the site,cg,101,1,no\n")
    goes = {"case_id": ids[1], "expects": isolation.case(ids[1])["version"], "who": "adult"}
    goes |= {"dependants": "minded", "minded_by": "Marker's aunt"}
    decided = {"people": [goes], "centre_id": "site", "note": "Marker takes insulin"}
    assert move(isolation, decided, author=OFFICER).kind == "done"
    task = isolation.tasks(came[0], "due", "missed")[0]
    noted = {"task_id": task["task_id"], "outcome": "attempt", "note": "Marker did not open"}
    assert report(isolation, noted).kind == "done"
    assert (
        of_laboratory(isolation, result(came[0], at=EVENING - timedelta(hours=9)), author=LAB).kind == "done"
    )
    pool = result(came[0], "positive", at=EVENING - timedelta(hours=8), pool_size=10)
    assert of_laboratory(isolation, pool, author=LAB).kind == "done"
    grandmother = {"name": "Marker's grandmother", "phone": "13900000003", "note": "Marker cares for her"}
    listed = {"case_id": came[0].subject, "kind": "person", "last_on": EVENING.date(), **grandmother}
    assert list_contact(isolation, listed, author=OFFICER).kind == "done"
    return came


def later(isolation: Trial, by: timedelta) -> int:
    """What the timer does then, from when it is asked until it has nothing to do."""
    isolation.clock.moment += by
    return isolation.until_done(strip_cases)


def known(isolation: Trial) -> str:
    """All that isolation can say with its keys; of what goes by age in days, nothing."""
    return opened(isolation.database, SEALER, but=[*FORGOTTEN])


def stripped(isolation: Trial) -> set[str]:
    return {row["case_id"] for row in isolation.rows(t.cases) if row["stripped_at"]}


def test_a_stripped_household_holds_no_personal_value_in_any_table(
    isolation: Trial, family: list[Event]
) -> None:
    for table in (*OF_HOUSEHOLDS, *(one.of_case.table for one in EMPTIED)):
        assert isolation.rows(table), f"nothing was said that {table.name} holds"
    for one in EMPTIED:
        row = isolation.rows(one.of_case.table)[0]
        assert all(row[column.name] for column in one.columns), one.of_case.table.name
    for came in family:
        end(isolation, came)
    moved = SEALER.seal({"name": "Marker", "phone": "13900000009", "address": "Marker's new door"})
    home = family[0].data["household_id"]
    isolation.follow(arrival(family[0].subject, version=2, level="medium", person=moved, household_id=home))
    assert "new door" in known(isolation), "heard after the end"
    before = isolation.audit()
    assert known(isolation).count("Marker") > 20 and "1390000000" in known(isolation)
    later(isolation, TERM - timedelta(days=1))
    assert not stripped(isolation) and "Marker" in known(isolation)
    later(isolation, timedelta(days=1))
    assert stripped(isolation) == {one.subject for one in family}
    left = known(isolation)
    assert "Marker" not in left and "1390000000" not in left and NUMBER not in left
    assert all(row["identity"] == 0 for row in isolation.rows(t.cases))
    after = isolation.audit()
    assert after["balanced"] and after["tasks_by_state"] == before["tasks_by_state"]
    assert after["cases_by_state"] == before["cases_by_state"] == {"moved_to_hospital": 2}
    told = isolation.recorded("case.stripped")
    assert {event.data["arrival_id"] for event in told} == {one.subject for one in family}
    assert [line["what"] for line in isolation.trace(family[0].subject or "")["history"]][-1] == "stripped"
    assert later(isolation, timedelta(days=1)) == 0 and len(isolation.recorded("case.stripped")) == 2


def test_a_household_of_which_somebody_is_followed_keeps_everything(
    isolation: Trial, family: list[Event]
) -> None:
    end(isolation, family[0])
    later(isolation, TERM + timedelta(days=30))
    assert not stripped(isolation) and "Aunt Marker" in known(isolation)
    end(isolation, family[1])
    later(isolation, TERM - timedelta(days=1))
    assert not stripped(isolation), "the last who ended may be opened again"
    later(isolation, timedelta(days=1))
    assert len(stripped(isolation)) == 2 and "Marker" not in known(isolation)


def test_a_case_of_which_something_is_still_to_be_done_is_left(isolation: Trial) -> None:
    came = came_of(isolation, None, "Marker")
    end(isolation, came)
    with isolation.database.begin() as conn:
        task = isolation.tasks(came)[0]["task_id"]
        conn.execute(update(t.tasks).where(t.tasks.c.task_id == task).values(state="missed"))
    later(isolation, TERM)
    assert not stripped(isolation)
    with isolation.database.begin() as conn:
        conn.execute(update(t.tasks).where(t.tasks.c.task_id == task).values(state="done"))
    later(isolation, timedelta(days=1))
    assert stripped(isolation) == {came.subject}


def test_whoever_is_expected_is_kept_and_whoever_was_called_off_is_stripped(isolation: Trial) -> None:
    waits = came_of(isolation, None, "Marker", expected=True)
    off = came_of(isolation, None, "Marker", expected=True)
    isolation.follow(arrival(off.subject, version=2, why=["called_off"], not_coming=True))
    later(isolation, TERM)
    assert stripped(isolation) == {off.subject}
    assert isolation.case(waits)["state"] == "expected"


def test_what_comes_late_opens_nothing_and_brings_nothing_personal_back(
    isolation: Trial, family: list[Event]
) -> None:
    for came in family:
        end(isolation, came)
    later(isolation, TERM)
    first = family[0]
    lines = len(isolation.trace(first.subject or "")["history"])
    news = {"person": SEALER.seal({"name": "Marker again"}), "level": "high", "at": isolation.clock.now()}
    isolation.follow(arrival(first.subject, version=2, **news))
    story = isolation.trace(first.subject or "")["history"]
    assert (len(story), story[-1]["what"]) == (lines + 1, "noted_after_the_end"), "it is not lost"
    assert isolation.case(first)["closed_at"] and isolation.case(first)["arrival_version"] == 2
    isolation.do(call_by_phone, [undeliverable(first.subject or "", new_id(), isolation.clock.now())])
    assert not isolation.tasks(first, "due")
    said = {"case_ids": [first.subject], "best_time": "Marker's evening"}
    assert [fault.code for fault in change(isolation, said).faults] == ["stripped"]
    assert "Marker" not in known(isolation)
    assert isolation.audit()["balanced"]


def test_a_late_positive_result_is_refused_by_the_case_and_kept_by_the_number(
    isolation: Trial, family: list[Event]
) -> None:
    for came in family:
        end(isolation, came)
    later(isolation, TERM)
    moment = isolation.clock.now() - timedelta(hours=9)
    by_case = of_laboratory(isolation, result(family[0], "positive", at=moment), author=LAB)
    assert (by_case.kind, [fault.code for fault in by_case.faults]) == ("conflict", ["stripped"])
    by_number = of_laboratory(isolation, result(NUMBER, "positive", at=moment), author=LAB)
    assert by_number.kind == "done" and len(isolation.recorded("test.unmatched")) == 1


def test_a_positive_of_nobody_loses_its_name_when_it_is_settled_and_old(isolation: Trial) -> None:
    isolation.clock.moment = EVENING
    for number in ("M-7", "M-8"):
        of_laboratory(isolation, result(number, "positive", at=EVENING - timedelta(hours=9)), author=LAB)
    first, second = sorted(row["result_id"] for row in isolation.rows(t.results_of_nobody))
    said = {"result_id": first, "outcome": "passed_on", "note": "told Marker"}
    assert take_up(isolation, said).kind == "done", take_up(isolation, said)
    later(isolation, TERM)
    assert all(row["identity"] for row in isolation.rows(t.results_of_nobody))
    later(isolation, timedelta(days=1))
    rows = {row["result_id"]: row for row in isolation.rows(t.results_of_nobody)}
    assert (rows[first]["identity"], rows[first]["taken_up_note"]) == (None, None)
    assert rows[second]["identity"], "nobody has taken it up"


def test_a_policy_that_strips_sooner_than_a_case_can_be_opened_again_waits_that_long(
    isolation: Trial,
) -> None:
    came = came_of(isolation, None, "Marker")
    used = isolation.case(came)["policy_id"]
    document = next(one for one in documents.shipped() if one["policy_id"] == used)
    isolation.do(import_policy, {**document, "retention_days": 1})
    end(isolation, came)
    later(isolation, timedelta(days=30))
    assert not stripped(isolation)
    later(isolation, timedelta(days=1))
    assert stripped(isolation) == {came.subject}


def test_what_is_kept_of_a_household_that_somebody_left_goes_with_them(isolation: Trial) -> None:
    came = came_of(isolation, None, "Marker")
    isolation.clock.moment = EVENING
    said = {"case_ids": [came.subject], "best_time": "Marker's evening"}
    assert change(isolation, said).kind == "done"
    isolation.follow(arrival(came.subject, version=2, level="medium", household_id=new_id(), person="x"))
    end(isolation, came)
    later(isolation, TERM)
    assert stripped(isolation) == {came.subject}
    assert not any(isolation.rows(table) for table in OF_HOUSEHOLDS)
