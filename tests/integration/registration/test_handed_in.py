"""Reports that another system hands in by HTTP: the same handler as by the broker, answered at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chassis.database.tables import TABLES
from chassis.handlers import Handler
from chassis.messaging.dead_letters import DEAD
from chassis.messaging.handed_in import KEPT, REPEATED, hand_in
from chassis.messaging.transaction import settle_events
from chassis.names import REPLIES
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Unreadable, dump_event, join_events
from services.registration.handlers import HANDLERS
from tests.integration.registration.trial import Trial, as_event, report

[RECEIVE] = [handler for handler in HANDLERS if handler.name == "receive_report"]
PUBLISHER = "rail-lanzhou"


def handed_in(trial: Trial, *documents: Any, handler: Handler = RECEIVE) -> list[tuple[str, Any]]:
    """What the answer is, and its outcome or the first fault."""
    body = join_events(dump_event(document) for document in documents)
    work = replace(trial.work, by_door=True)
    said = [(one.type, one.data) for one in hand_in(work, handler, PUBLISHER, body)]
    return [(type, data.get("outcome") or _first_fault(data)) for type, data in said]


def _first_fault(data: Any) -> str | None:
    return data["reasons"][0]["code"] if "reasons" in data else None


def sent(order: int, **changed: Any) -> dict[str, Any]:
    return {**report(order, publisher=PUBLISHER), **changed}


def test_each_event_has_its_answer_in_the_order_in_which_they_were_handed_in(trial: Trial) -> None:
    unreadable = {**sent(3), "time": "yesterday"}
    assert handed_in(trial, sent(1), sent(2, data={}), unreadable, sent(4), sent(1)) == [
        ("report.accepted", "registered"),
        ("report.rejected", "contract"),
        ("report.rejected", "contract"),
        ("report.accepted", "registered"),
        (REPEATED, None),
    ]
    assert len(trial.arrivals()) == 2


def test_the_answers_do_not_go_to_the_reply_queue_as_well(trial: Trial) -> None:
    handed_in(trial, sent(1))
    exchanges = {row["exchange"] for row in trial.rows(TABLES["outbox"])}
    assert exchanges and REPLIES not in exchanges


def test_what_came_by_the_broker_is_a_repeat(trial: Trial) -> None:
    with trial.work.unit() as uow:
        settle_events(uow, RECEIVE.queue("registration"), RECEIVE, [as_event({**sent(1)})])
    assert handed_in(trial, sent(1), sent(2)) == [(REPEATED, None), ("report.accepted", "registered")]
    other = {**sent(2), "data": sent(3)["data"]}
    assert handed_in(trial, other) == [("report.rejected", "id_reused")]
    assert len(trial.arrivals()) == 2


def test_one_whose_work_fails_is_kept_and_its_neighbours_go_on(trial: Trial) -> None:
    def fails_on_the_second(uow: UnitOfWork, events: Any) -> None:
        if any(event.id == sent(2)["id"] for event in events):
            raise RuntimeError("a bug")
        RECEIVE.use_case(uow, events)

    broken = replace(RECEIVE, use_case=fails_on_the_second)
    answers = handed_in(trial, sent(1), sent(2), sent(3), handler=broken)
    assert [type for type, _ in answers] == ["report.accepted", KEPT, "report.accepted"]
    [letter] = trial.rows(DEAD, "id")
    assert letter["event_id"] == sent(2)["id"] and letter["state"] == "waiting"


@pytest.mark.parametrize("body", [b"{}", b"[", b"[]"])
def test_a_body_that_is_no_list_of_events_does_nothing(trial: Trial, body: bytes) -> None:
    with pytest.raises(Unreadable):
        hand_in(trial.work, RECEIVE, PUBLISHER, body)
    assert trial.arrivals() == []
