"""An officer corrects a report at a door: taken in once, by whoever answers for the place."""

from __future__ import annotations

from typing import Any

import pytest

from chassis.commands.by_door import AtTheDoor
from chassis.commands.command import Outcome
from field.scope import EVERYWHERE, Scope
from services.registration import tables as t
from services.registration.arrivals import balance
from services.registration.door import COMMANDS
from services.registration.intake import correct_report
from services.registration.intake.received import take_in
from tests.integration.registration.following import OFFICER
from tests.integration.registration.trial import Trial, person, report

[CORRECT] = [command for command in COMMANDS if command.name == "correct_report"]
WRONG = {**person(1), "identity_number": "620402196001020011"}


def kept(trial: Trial, **changed: Any) -> str:
    trial.receive(report(1, people=[WRONG], **changed))
    (row,) = trial.rows(t.reports)
    return str(row["id"])


def correct(trial: Trial, report_id: str, key: str = "k1", scope: Scope = EVERYWHERE, **data: Any) -> Outcome:
    said = {"report_id": report_id, "data": report(1)["data"], "expects": 1} | data
    return AtTheDoor(trial.work, CORRECT).carry_out(OFFICER, lambda _: scope, key, said)


def test_a_correction_is_taken_in_and_names_the_command_that_ordered_it(trial: Trial) -> None:
    id = kept(trial)
    outcome = correct(trial, id)
    assert (outcome.kind, outcome.result["outcome"]) == ("done", "registered")
    assert correct(trial, id) == outcome, "the same command again is the same correction"
    rows = {row["id"]: row for row in trial.rows(t.reports)}
    assert rows[id]["outcome"] == "corrected"
    new = rows[outcome.result["report_id"]]
    assert (new["corrects"], new["corrected_by"], new["by_command"]) == (id, "/console/officer", "k1")
    assert outcome.result["arrival_ids"] == [row["id"] for row in trial.arrivals()]
    assert trial.read(balance.audit)["balanced"]
    assert correct(trial, id, "k2").kind == "conflict"


def test_a_correction_that_is_wrong_itself_is_refused_with_all_its_faults(trial: Trial) -> None:
    id = kept(trial)
    outcome = correct(trial, id, data=report(1, people=[WRONG])["data"])
    assert outcome.kind == "invalid"
    assert [fault.where for fault in outcome.faults] == ["data: person.identity_number"]
    assert len(trial.rows(t.reports)) == 1, "nothing of it is kept"
    assert correct(trial, id, "k2", expects=2).kind == "conflict"
    assert correct(trial, "no such report", "k3").kind == "unknown"


def test_a_report_is_corrected_by_those_to_whose_place_they_go(trial: Trial) -> None:
    id = kept(trial)
    assert correct(trial, id, scope=Scope(frozenset({"c2"}))).kind == "unknown"
    assert correct(trial, id, scope=Scope(frozenset({"s1"}))).kind == "done"


def test_a_report_that_names_no_known_place_is_for_the_officers_of_a_district(trial: Trial) -> None:
    id = kept(trial, address="某处")
    for place in ("c2", "s1"):
        assert correct(trial, id, scope=Scope(frozenset({place}))).kind == "unknown", place
    assert correct(trial, id, scope=Scope(frozenset({"d", "s1"}))).kind == "done"


def test_of_two_corrections_at_one_moment_one_counts(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    id = kept(trial)

    def slow(uow: Any, *given: Any) -> None:
        take_in(uow, *given)
        uow.conn.execute(t.reports.update().where(t.reports.c.id == id).values(outcome="corrected"))

    monkeypatch.setattr(correct_report, "take_in", slow)
    assert correct(trial, id).kind == "conflict"
    monkeypatch.undo()
    assert len(trial.rows(t.reports)) == 1 and trial.arrivals() == [], "all of it is rolled back"
    assert correct(trial, id).kind == "done"
