"""Who was told something that is no longer so is told what is, and who was not told is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from chassis.ids import new_id
from chassis.unit_of_work import Work
from services.notification.messages import queries
from services.notification.tables import notices
from tests.integration.notification.trial import (
    SEALER,
    Gateway,
    changed,
    inform,
    inform_batch,
    opened,
    overdue,
    person,
    recorded,
    rows,
    send_all,
)

WRONG, RIGHT = person(1, phone="16500090001"), person(1, phone="16500090009")
CORRECTED = ["details", "phone", "wrong_number"]


def member(staff_id: str) -> dict[str, Any]:
    contact = SEALER.seal({"name": "李红", "phone": f"1391111{staff_id[-4:]}"})
    return {"role": "grid_worker", "staff_id": staff_id, "contact": contact}


TEAM, OTHERS = [member("w0001")], [member("w0002")]


def told(work: Work, notice: str) -> dict[str, tuple[str, str | None]]:
    """Of a notice: recipient -> template and, where it was not sent, why not."""
    return {
        row["staff_id"] or row["recipient_kind"]: (
            row["template"],
            None if row["state"] == "accepted" else row["reason"],
        )
        for row in rows(work)
        if row["notice"] == notice
    }


def test_a_corrected_phone_is_told_to_resident_worker_and_the_stranger_who_has_the_old_one(
    work: Work, gateway: Gateway
) -> None:
    """Case 09: the number of the first report was a stranger's."""
    case = new_id()
    sender = gateway.sender(work)
    inform(work, opened(case, person=WRONG, team=TEAM))
    send_all(work, sender)
    assert gateway.sent()["numbers"] == 2
    inform(work, changed(case, 2, CORRECTED, person=RIGHT, team=TEAM))
    send_all(work, sender)
    assert told(work, "changed:2") == {
        "resident": ("resident_home_isolation", None),
        "w0001": ("worker_corrected", None),
        "former": ("sent_in_error", None),
    }
    assert gateway.sent()["numbers"] == 3, "the wrong number, the right one, the worker's"
    kinds = {event["data"]["recipient"]["kind"] for event in recorded(work, "message.accepted")}
    assert kinds == {"resident", "staff"}, "what older readers know"


def test_a_stranger_who_was_never_told_is_not_told_of_an_error(work: Work, gateway: Gateway) -> None:
    case = new_id()
    inform(work, opened(case, person=WRONG, team=TEAM))
    inform(work, changed(case, 2, CORRECTED, person=RIGHT, team=TEAM))
    send_all(work, gateway.sender(work))
    assert told(work, "opened:1")["resident"] == ("resident_home_isolation", "superseded")
    assert told(work, "changed:2")["former"] == ("sent_in_error", "never_told")
    assert gateway.sent()["numbers"] == 2, "the right one, and the worker's"


def test_a_number_corrected_twice_is_taken_back_from_each_stranger_once(work: Work, gateway: Gateway) -> None:
    case = new_id()
    sender = gateway.sender(work)
    for version, phone in enumerate(("16500090001", "16500090002", "16500090003"), start=1):
        known = person(1, phone=phone)
        kinds = CORRECTED if version > 1 else None
        event = (
            changed(case, version, kinds, person=known, team=TEAM)
            if kinds
            else opened(case, person=known, team=TEAM)
        )
        inform(work, event)
        send_all(work, sender)
    assert gateway.sent()["numbers"] == 4
    assert told(work, "changed:2")["former"] == told(work, "changed:3")["former"] == ("sent_in_error", None)


def test_a_stranger_who_cannot_be_reached_makes_no_work(work: Work, gateway: Gateway) -> None:
    case = new_id()
    sender = gateway.sender(work)
    inform(work, opened(case, person=WRONG, team=TEAM))
    send_all(work, sender)
    gateway.behave(fail_share=1.0, fail_status=422)
    inform(work, changed(case, 2, CORRECTED, person=RIGHT, team=TEAM))
    send_all(work, sender)
    assert told(work, "changed:2")["former"][1] is not None
    recipients = [event["data"]["recipient"] for event in recorded(work, "message.undeliverable")]
    assert sorted(one["kind"] for one in recipients) == ["resident", "staff"]


def test_another_door_is_told_to_the_worker_alone(work: Work, gateway: Gateway) -> None:
    case = new_id()
    inform(work, opened(case, team=TEAM), changed(case, 2, ["details", "door"], team=TEAM))
    send_all(work, gateway.sender(work))
    assert told(work, "changed:2") == {"w0001": ("worker_corrected", None)}
    assert told(work, "opened:1")["resident"] == ("resident_home_isolation", None)
    assert told(work, "opened:1")["w0001"] == ("worker_case", "superseded")


def test_a_door_of_somebody_else_is_told_to_both_workers_and_the_resident(
    work: Work, gateway: Gateway
) -> None:
    case = new_id()
    sender = gateway.sender(work)
    handed = changed(case, 2, ["assigned", "details", "door", "handed_on"], team=OTHERS)
    handed.data["change"]["previous_owner"] = TEAM[0]
    inform(work, opened(case, team=TEAM))
    send_all(work, sender)
    inform(work, handed)
    send_all(work, sender)
    assert told(work, "changed:2") == {
        "resident": ("resident_home_isolation", None),
        "w0001": ("worker_handed_on", None),
        "w0002": ("worker_case", None),
    }


def test_what_is_called_off_is_told_to_whoever_was_told_and_reminds_nobody(
    work: Work, gateway: Gateway
) -> None:
    known, unknown = new_id(), new_id()
    sender = gateway.sender(work)
    inform(work, opened(known, team=TEAM))
    send_all(work, sender)
    inform(work, opened(unknown, team=TEAM), overdue(known))
    for case in (known, unknown):
        inform(work, changed(case, 2, ["cancelled"], state="cancelled", team=TEAM, today=[]))
    send_all(work, sender)
    found = {
        (row["case_id"] == known, row["notice"].partition(":")[0], row["recipient_kind"]): (
            row["state"],
            None if row["state"] == "accepted" else row["reason"],
        )
        for row in rows(work)
    }
    sent, void, silent = ("accepted", None), ("cancelled", "superseded"), ("cancelled", "never_told")
    assert found == {
        (True, "opened", "resident"): sent,
        (True, "opened", "staff"): sent,
        (True, "changed", "resident"): sent,
        (True, "changed", "staff"): sent,
        (True, "overdue", "staff"): void,
        (False, "opened", "resident"): void,
        (False, "opened", "staff"): void,
        (False, "changed", "resident"): silent,
        (False, "changed", "staff"): silent,
    }


@pytest.mark.parametrize("kind", ["cancelled", "ended_elsewhere", "merged"])
def test_whom_staff_asked_at_the_door_is_told_of_the_end(work: Work, gateway: Gateway, kind: str) -> None:
    """Their policy has no text ask them for anything; then a smaller risk has one wait that is void, too."""
    case, sender, at_the_door = new_id(), gateway.sender(work), ["care_team"]
    inform(work, opened(case, team=TEAM, told=at_the_door))
    send_all(work, sender)
    assert "resident" not in told(work, "opened:1")
    inform(work, changed(case, 2, ["laxer"], team=TEAM, told=["resident"]))
    inform(work, changed(case, 3, [kind], state="cancelled", team=TEAM, told=["resident"], today=[]))
    send_all(work, sender)
    assert told(work, "changed:2")["resident"] == ("resident_changed", "superseded")
    assert told(work, "changed:3")["resident"] == (f"resident_{kind}", None)


def test_who_was_asked_by_phone_is_told_of_the_end_by_phone(work: Work, gateway: Gateway) -> None:
    """A human was asked to tell them, so they may know of the measure; and somebody must see to it."""
    case, landline = new_id(), person(1, phone="09318412345")
    sender = gateway.sender(work)
    inform(work, opened(case, team=TEAM, person=landline))
    send_all(work, sender)
    inform(work, changed(case, 2, ["cancelled"], state="cancelled", team=TEAM, person=landline, today=[]))
    inform(work, overdue(case, kind="call_them"), overdue(case))
    send_all(work, sender)
    assert told(work, "changed:2")["resident"] == ("resident_cancelled", "landline")
    about = [event["data"]["about"] for event in recorded(work, "message.undeliverable")]
    assert sorted(about) == ["changed:2", "opened:1"]
    reminders = sorted(row["state"] for row in rows(work) if row["notice"].startswith("overdue"))
    assert reminders == ["cancelled", "held"], "of that call, by a digest, and of nothing else"


@pytest.mark.parametrize(
    ("kind", "told_of_it"),
    [
        ("ended_elsewhere", {(True, "changed:2"): ("resident_ended_elsewhere", "landline")}),
        ("died", {}),
        ("moved_to_hospital", {}),
    ],
)
def test_what_was_asked_before_the_end_is_not_sent_after_it(
    work: Work, gateway: Gateway, kind: str, told_of_it: dict[tuple[bool, str], tuple[str, str]]
) -> None:
    """Of one who was told the measure by phone, and of one whom nothing had reached yet."""
    known, unknown, landline = new_id(), new_id(), person(1, phone="09318412345")
    sender = gateway.sender(work)
    inform(work, opened(known, team=TEAM, person=landline))
    send_all(work, sender)
    inform(work, opened(unknown, team=OTHERS))
    for case, team, whose in ((known, TEAM, landline), (unknown, OTHERS, person(1))):
        inform(work, changed(case, 2, [kind], state="cancelled", team=team, person=whose, today=[]))
    send_all(work, sender)
    of_residents = {
        (row["case_id"] == known, row["notice"]): (row["template"], row["reason"])
        for row in rows(work)
        if row["recipient_kind"] == "resident"
    }
    assert of_residents.pop((False, "opened:1")) == ("resident_home_isolation", "superseded")
    assert of_residents.pop((True, "opened:1")) == ("resident_home_isolation", "landline")
    if kind == "ended_elsewhere":
        assert of_residents.pop((False, "changed:2"))[1] == "never_told"
    assert of_residents == told_of_it
    to_call = {event["data"]["about"] for event in recorded(work, "message.undeliverable")}
    assert to_call == {"opened:1", *(["changed:2"] if told_of_it else [])}


def test_a_case_that_opens_again_is_told_and_reminded_of(work: Work, gateway: Gateway) -> None:
    case = new_id()
    sender = gateway.sender(work)
    inform(work, opened(case, team=TEAM))
    send_all(work, sender)
    inform(work, changed(case, 2, ["cancelled"], state="cancelled", team=TEAM, today=[]))
    send_all(work, sender)
    inform(work, changed(case, 3, ["stricter", "assigned", "details"], team=TEAM), overdue(case))
    send_all(work, sender)
    assert told(work, "changed:3") == {
        "resident": ("resident_changed", None),
        "w0001": ("worker_case", None),
    }
    assert [row["state"] for row in rows(work) if row["notice"].startswith("overdue")] == ["accepted"]


def test_a_familys_other_door_is_told_to_the_worker_once(work: Work, gateway: Gateway) -> None:
    family = [new_id() for _ in range(3)]
    sender = gateway.sender(work)
    inform_batch(work, [opened(case, team=TEAM, household_id=family[0]) for case in family])
    send_all(work, sender)
    corrected = [
        changed(case, 2, ["details", "door"], team=TEAM, household_id=family[0]) for case in reversed(family)
    ]
    inform_batch(work, corrected)
    send_all(work, sender)
    (told_once,) = [row for row in rows(work) if row["template"] == "worker_corrected"]
    assert (told_once["case_id"], told_once["state"]) == (family[0], "accepted")
    with work.database.read() as conn:
        parameters = conn.execute(
            select(notices.c.parameters).where(notices.c.case_id == family[0], notices.c.version == 2)
        ).scalar_one()
        assert parameters["others"] == 2
        assert queries.audit(conn)["balanced"]


def test_each_other_phone_of_a_family_is_told(work: Work, gateway: Gateway) -> None:
    family = [new_id() for _ in range(2)]
    inform_batch(work, [opened(case, team=TEAM, household_id=family[0]) for case in family])
    send_all(work, gateway.sender(work))
    inform_batch(
        work,
        [changed(case, 2, ["details", "phone"], team=TEAM, household_id=family[0]) for case in family],
    )
    assert len([row for row in rows(work) if row["template"] == "worker_corrected"]) == 2


def test_a_number_that_somebody_else_of_the_household_has_is_no_strangers(
    work: Work, gateway: Gateway
) -> None:
    """One phone was told for a mother and her son; hers it is. She must not hear that her text is void."""
    mother, son = new_id(), new_id()
    sender = gateway.sender(work)
    hers = person(1, phone="16500090001")
    inform_batch(
        work,
        [
            opened(mother, team=TEAM, household_id=mother, person=hers),
            opened(son, team=TEAM, household_id=mother, person=WRONG),
        ],
    )
    send_all(work, sender)
    inform(work, changed(son, 2, CORRECTED, person=RIGHT, team=TEAM, household_id=mother))
    send_all(work, sender)
    assert told(work, "changed:2")["former"] == ("sent_in_error", "number_in_use")
    assert recorded(work, "message.undeliverable") == []


def test_of_a_family_with_several_measures_the_worker_is_told_of_each(work: Work, gateway: Gateway) -> None:
    """One text for all would put the father under the isolation of the mother."""
    family = [new_id() for _ in range(3)]
    measures = ["home_isolation", "inform_only", "home_isolation"]
    moved = [
        changed(case, 2, ["details", "door"], team=TEAM, household_id=family[0], measure=measure)
        for case, measure in zip(family, measures, strict=True)
    ]
    inform_batch(work, moved)
    corrected = [row["case_id"] for row in rows(work) if row["template"] == "worker_corrected"]
    assert sorted(corrected) == sorted(family[:2])


def test_no_text_with_the_old_door_goes_out_about_any_of_the_family(work: Work, gateway: Gateway) -> None:
    family = [new_id() for _ in range(3)]
    inform_batch(work, [opened(case, team=TEAM, household_id=family[0]) for case in family])
    inform_batch(
        work, [changed(case, 2, ["details", "door"], team=TEAM, household_id=family[0]) for case in family]
    )
    send_all(work, gateway.sender(work))
    of_worker = [(row["template"], row["state"]) for row in rows(work) if row["staff_id"]]
    assert sorted(of_worker) == [("worker_case", "cancelled")] * 3 + [("worker_corrected", "accepted")]


def test_a_worker_who_was_told_of_one_of_a_family_hears_that_it_is_handed_on(
    work: Work, gateway: Gateway
) -> None:
    first, second = new_id(), new_id()
    sender = gateway.sender(work)
    inform(work, opened(second, team=TEAM, household_id=first))
    send_all(work, sender)
    inform(work, opened(first, team=TEAM, household_id=first))
    kinds = ["assigned", "details", "door", "handed_on"]
    handed = [changed(case, 2, kinds, team=OTHERS, household_id=first) for case in (first, second)]
    for event in handed:
        event.data["change"]["previous_owner"] = TEAM[0]
    inform_batch(work, handed)
    send_all(work, sender)
    assert told(work, "changed:2")["w0001"] == ("worker_handed_on", None)


def test_a_stranger_is_told_of_an_error_though_nobody_comes_any_more(work: Work, gateway: Gateway) -> None:
    case = new_id()
    sender = gateway.sender(work)
    inform(work, opened(case, person=WRONG, team=TEAM))
    send_all(work, sender)
    kinds = ["cancelled", "wrong_number"]
    inform(work, changed(case, 2, kinds, state="cancelled", team=TEAM, today=[], person=RIGHT))
    send_all(work, sender)
    assert told(work, "changed:2") == {
        "resident": ("resident_cancelled", None),
        "w0001": ("worker_cancelled", None),
        "former": ("sent_in_error", None),
    }


def test_who_was_registered_twice_reads_that_what_is_asked_still_holds(work: Work, gateway: Gateway) -> None:
    case, untold = new_id(), new_id()
    sender = gateway.sender(work)
    inform(work, opened(case, team=TEAM))
    send_all(work, sender)
    inform(work, opened(untold, team=TEAM))
    for id in (case, untold):
        inform(work, changed(id, 2, ["merged"], state="cancelled", team=TEAM, today=[]))
    send_all(work, sender)
    became = {
        row["case_id"]: (row["state"], row["reason"])
        for row in rows(work)
        if row["notice"] == "changed:2" and row["recipient_kind"] == "resident"
    }
    assert became[case][0] == "accepted"
    assert became[untold][1] == "never_told", "whoever was told of nothing is told of nothing"
    templates = {row["template"] for row in rows(work) if row["notice"] == "changed:2"}
    assert templates == {"resident_merged", "worker_merged"}, "nobody reads that nothing is asked any more"
