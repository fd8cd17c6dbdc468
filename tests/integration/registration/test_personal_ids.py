"""A report whose ids hold the number of somebody in it: refused, and the number stands nowhere in clear."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chassis.messaging.dead_letters import DEAD
from chassis.messaging.handed_in import Answer, hand_in
from contracts.envelope import dump_event, join_events
from services.registration import tables as t
from services.registration.handlers import HANDLERS
from services.registration.intake.correct_report import correct_report
from tests.in_clear import in_clear
from tests.integration.registration.trial import Trial, identity_number, person, report

[RECEIVE] = [handler for handler in HANDLERS if handler.name == "receive_report"]
NUMBER, PHONE = identity_number(1), person(1)["phone"]


def hand(trial: Trial, *documents: Any) -> list[Answer]:
    body = join_events(dump_event(document) for document in documents)
    return hand_in(replace(trial.work, by_door=True), RECEIVE, "rail", body)


@pytest.mark.parametrize(
    "ids",
    [
        {"id": f"{NUMBER}-20221001"},
        {"id": f"20221001/{PHONE}"},
        {"source": f"/rail/{NUMBER}"},
        {"correlationid": f"trip-{PHONE}"},
        {"id": NUMBER, "time": "yesterday"},  # which is a letter, for it cannot be read
    ],
)
def test_it_is_refused_and_the_number_is_kept_nowhere_in_clear(trial: Trial, ids: dict[str, str]) -> None:
    refused, neighbour = hand(trial, report(1) | ids, report(2))
    assert (refused.type, neighbour.type) == ("report.rejected", "report.accepted")
    codes = {(one["field"], one["code"]) for one in refused.data["reasons"]}
    if "time" not in ids:
        assert codes == {(next(iter(ids)), "id_personal")}
    for secret in (NUMBER, PHONE):
        assert secret not in in_clear(trial.database) + str(refused.data)
    assert len(trial.arrivals()) == 1


def test_the_same_again_is_a_repeat_and_another_with_that_id_is_no_neighbour_of_it(trial: Trial) -> None:
    first = report(1, id=f"{NUMBER}-1")
    [answer] = hand(trial, first)
    assert answer.data["event"]["id"].startswith("***-1#")
    assert [one.type for one in hand(trial, first)] == ["repeated"]
    assert len(trial.rows(t.reports)) == 1
    changed = report(1, id=f"{NUMBER}-1", address="和平家园1号楼")
    [reused] = hand(trial, changed)
    assert [one["code"] for one in reused.data["reasons"]] == ["id_reused"]


def test_an_officer_corrects_it_as_any_that_waits(trial: Trial) -> None:
    document = report(1, id=f"{NUMBER}-1")
    [answer] = hand(trial, document)
    with trial.work.unit() as uow:
        correct_report(uow, answer.data["report_id"], document["data"], "officer-1")
    assert len(trial.arrivals()) == 1
    assert NUMBER not in in_clear(trial.database)


def test_of_a_reference_with_a_number_only_the_reference_waits(trial: Trial) -> None:
    [answer] = hand(trial, report(1, reference=f"{NUMBER}/7"))
    assert answer.type == "report.accepted"
    assert [(one["field"], one["code"]) for one in answer.data["to_correct"]] == [
        ("reference", "id_personal")
    ]
    assert len(trial.arrivals()) == 1 and NUMBER not in in_clear(trial.database)


def test_long_numbers_that_are_nobodys_are_fine(trial: Trial) -> None:
    [answer] = hand(
        trial, report(1, id=f"{identity_number(9)}-20221001103000123456", reference="13900000009")
    )
    assert answer.type == "report.accepted" and "to_correct" not in answer.data
    assert trial.rows(DEAD) == []
