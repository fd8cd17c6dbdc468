"""An officer adds, changes and ends staff of their own places, and says who is away or on duty."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from chassis.commands.by_door import AtTheDoor
from chassis.commands.command import Outcome
from contracts.faults import Refused
from field.scope import Scope
from services.registration import tables as t
from services.registration.door import COMMANDS
from services.registration.staff.import_staff import import_staff
from tests.integration.registration.following import OFFICER
from tests.integration.registration.trial import CHINA, NOON, STAFF, Trial, report

[AMEND] = [command for command in COMMANDS if command.name == "amend_staff"]
OF_C1 = Scope(frozenset({"c1"}))
_keys = count(1)


def amend(
    trial: Trial, staff_id: str, what: str, expects: int = 1, scope: Scope = OF_C1, **said: Any
) -> Outcome:
    data = {"staff_id": staff_id, "what": what, "expects": expects, **said}
    return AtTheDoor(trial.work, AMEND).carry_out(OFFICER, lambda _: scope, f"k{next(_keys)}", data)


def member(trial: Trial, staff_id: str) -> Any:
    return next((row for row in trial.rows(t.staff) if row["staff_id"] == staff_id), None)


NEW = {"role": "grid_worker", "place": "g1", "name": "王五", "phone": "13909310005"}


def test_somebody_is_added_and_gets_the_next_arrival(trial: Trial) -> None:
    outcome = amend(trial, "w5", "added", 0, **NEW)
    assert (outcome.kind, dict(outcome.result)) == ("done", {"staff_id": "w5", "version": 1})
    (event,) = trial.events("staff.changed")
    assert (event["data"]["staff_id"], event["data"]["active"]) == ("w5", True)
    assert trial.sealer.unseal(event["data"]["person"]) == {"name": "王五", "phone": "13909310005"}
    (line,) = trial.rows(t.staff_history)
    assert (line["what"], line["version"], line["source"]) == ("added", 1, "/console/officer")
    trial.receive(*(report(order) for order in range(3)))
    assert "w5" in {row["worker"] for row in trial.arrivals()}
    assert amend(trial, "w5", "added", 1, **NEW).kind == "invalid", "they are there already"


def test_who_left_is_replaced_by_somebody_of_the_same_role(trial: Trial) -> None:
    assert amend(trial, "w1", "left", replaced_by="w9").kind == "invalid"
    assert amend(trial, "w1", "left", replaced_by="w2").kind == "done"
    row = member(trial, "w1")
    assert (row["active"], row["replaced_by"], row["version"]) == (False, "w2", 2)
    assert amend(trial, "w1", "added", 2).kind == "done", "and comes back"
    assert (member(trial, "w1")["active"], member(trial, "w1")["replaced_by"]) == (True, None)


def test_who_is_away_has_a_deputy_and_gets_nothing_new_until_they_are_back(trial: Trial) -> None:
    until = NOON + timedelta(days=2)
    assert amend(trial, "w1", "away", away_to=until.isoformat(), deputy="w2").kind == "done"
    row = member(trial, "w1")
    assert (row["away_from"], row["away_to"], row["deputy"]) == (NOON, until, "w2")
    assert trial.events("staff.changed")[-1]["data"]["deputy"] == "w2"
    trial.receive(*(report(order) for order in range(4)))
    assert {row["worker"] for row in trial.arrivals()} == {"w2"}
    assert amend(trial, "w1", "back", 2).kind == "done"
    assert member(trial, "w1")["away_from"] is None
    trial.receive(report(9))
    assert "w1" in {row["worker"] for row in trial.arrivals()}
    assert amend(trial, "w1", "away", 3, deputy="w1").kind == "invalid"


def test_duty_has_a_beginning_and_an_end(trial: Trial) -> None:
    night = {"duty_from": "2022-10-01T22:00:00+08:00", "duty_to": "2022-10-02T07:00:00+08:00"}
    assert amend(trial, "w1", "on_duty", duty_from=night["duty_from"]).kind == "invalid"
    assert amend(trial, "w1", "on_duty", **night).kind == "done"
    assert member(trial, "w1")["duty_to"].astimezone(CHINA).hour == 7
    assert amend(trial, "w1", "off_duty", 2).kind == "done"
    assert member(trial, "w1")["duty_from"] is None


def test_a_decision_on_an_older_version_is_a_conflict(trial: Trial) -> None:
    assert amend(trial, "w1", "amended", phone="13909310009").kind == "done"
    assert amend(trial, "w1", "amended", phone="13909310008").kind == "conflict"
    assert trial.sealer.unseal(member(trial, "w1")["sealed"])["phone"] == "13909310009"


def test_an_officer_amends_staff_of_own_places_and_below_only(trial: Trial) -> None:
    assert amend(trial, "w3", "amended", name="赵六").kind == "unknown", "w3 works in another community"
    assert amend(trial, "w5", "added", 0, **{**NEW, "place": "c2"}).kind == "not_allowed"
    assert amend(trial, "w1", "amended", place="c2").kind == "not_allowed"
    assert amend(trial, "w1", "amended", role="administrator").kind == "invalid"
    of_street = Scope(frozenset({"s1"}))
    assert amend(trial, "w1", "amended", scope=of_street, place="c2").kind == "done"
    assert len(trial.rows(t.staff_history)) == 1


def test_all_that_is_wrong_is_said_at_once(trial: Trial) -> None:
    said = {**NEW, "phone": "12", "name": "", "role": "boss", "place": "nowhere"}
    outcome = amend(trial, "w5", "added", 0, **said)
    assert {fault.where for fault in outcome.faults} == {"phone", "name", "role", "place"}
    assert member(trial, "w5") is None


FULL = STAFF.splitlines()[0] + ",away_from,away_to,deputy,duty_from,duty_to\n"


def test_a_file_says_the_same_by_whole_days_or_moments(trial: Trial) -> None:
    row = "w1,grid_worker,g1,张三,13909310001,zh-CN,true,2022-10-03,2022-10-04,w2,"
    times = "2022-10-01T22:00+08:00,2022-10-02T07:00+08:00"
    with trial.work.unit() as uow:
        assert import_staff(uow, f"{FULL}{row}{times}\n")["changed"] == 1
    stored = member(trial, "w1")
    assert stored["away_from"].astimezone(CHINA).isoformat() == "2022-10-03T00:00:00+08:00"
    assert stored["away_to"].astimezone(CHINA).isoformat() == "2022-10-05T00:00:00+08:00", "the whole 4th"
    with trial.work.unit() as uow:
        assert import_staff(uow, STAFF)["changed"] == 0, "a file without the columns changes nothing of it"
    assert member(trial, "w1")["deputy"] == "w2"
    with pytest.raises(Refused) as refused, trial.work.unit() as uow:
        import_staff(uow, f"{FULL}w1,grid_worker,g1,张三,13909310001,zh-CN,true,soon,,w9,,2022-10-02\n")
    assert {fault.where for fault in refused.value.faults} == {
        *("row 2, away_from", "row 2, deputy", "row 2, duty_from"),
    }
