"""A bad event in a packed message: its neighbours are registered, and its publisher learns what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from chassis.ids import new_id
from chassis.messaging import dead_letters
from chassis.messaging.dead_letters import Act
from chassis.names import ARRIVALS, BACK, LETTER
from contracts.envelope import BATCH, Wire
from contracts.registry import EVENT_TYPES
from services.registration.reports import tables as t
from tests.integration.registration.intake import PUBLISHER, Intake
from tests.integration.registration.trial import Trial, prepare, report
from tests.waiting import eventually

pytestmark = pytest.mark.broker
GOOD = 49


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}


def named(document: dict[str, Any], name: str) -> dict[str, Any]:
    person = document["data"]["person"] | {"name": name}
    return document | {"data": document["data"] | {"person": person}}


# How an event is spoilt, the field that the publisher is told, and the code.
BAD: dict[str, tuple[Callable[[dict[str, Any]], Any], str, str]] = {
    "time without a zone": (lambda e: e | {"time": "2022-10-01T10:30:00"}, "time", "contract"),
    "no time": (lambda e: without(e, "time"), "time", "contract"),
    "NUL in the name": (lambda e: named(e, "a\0b"), "event", "contract"),
    "unknown major version": (
        lambda e: e | {"dataschema": "urn:doorstep:arrival.reported:2"},
        "dataschema",
        "unknown_version",
    ),
    "unknown type": (lambda e: e | {"type": "arrival.exploded"}, "type", "unknown_type"),
    "data is a list": (lambda e: e | {"data": [1]}, "data", "contract"),
    "id of 201 characters": (lambda e: e | {"id": "x" * 201}, "id", "contract"),
    "numeric subject": (lambda e: e | {"subject": 5}, "subject", "contract"),
    "endless correlation id": (lambda e: e | {"correlationid": "x" * 5000}, "correlationid", "contract"),
    "no id": (lambda e: without(e, "id"), "id", "contract"),
    "no object": (lambda _: 5, "event", "contract"),
}


@pytest.fixture
def intake(broker_url: str, database_url: Callable[..., str]) -> Iterator[Intake]:
    trial = Trial(database_url("registration", prepare))
    yield Intake(trial, broker_url)
    trial.database.dispose()


def test_neighbours_of_a_bad_event_are_registered_and_it_is_a_letter_and_rejected(intake: Intake) -> None:
    sent: dict[str, Any] = {}
    orders = iter(range(1, 10_000))
    for kind, (spoil, _, _) in BAD.items():
        good = [report(next(orders), publisher=PUBLISHER) for _ in range(GOOD)]
        sent[kind] = spoil(report(next(orders), publisher=PUBLISHER))
        intake.publish_reports(*good[:20], sent[kind], *good[20:])
    with intake.consuming():
        eventually(lambda: len(intake.letters()) == len(BAD))
        eventually(lambda: len(intake.trial.rows(t.reports)) == GOOD * len(BAD))
    assert {row["outcome"] for row in intake.trial.rows(t.reports)} == {"registered"}
    assert len(intake.trial.arrivals()) == GOOD * len(BAD)
    sums = intake.sums()
    assert sums.balanced and not sums.lacks

    letters = intake.letters()
    assert {row["content_type"] for row in letters} == {"application/cloudevents+json"}
    in_letters = [intake.body(row) for row in letters]
    assert all(document in in_letters for document in sent.values())
    ids = {orjson.dumps(document): row for document, row in zip(in_letters, letters, strict=True)}
    for document in sent.values():
        row, is_object = ids[orjson.dumps(document)], isinstance(document, dict)
        assert row["source"] == (document["source"] if is_object else None)
        assert row["event_id"] == (document.get("id", "")[:200] or None if is_object else None)

    replies = intake.replies()
    assert sum(one["type"] == "report.accepted" for one in replies) == GOOD * len(BAD)
    rejected = [one["data"] for one in replies if one["type"] == "report.rejected"]
    assert all(EVENT_TYPES["report.rejected"].loader.validate(one) == {} for one in rejected)
    assert sorted((one["reasons"][0]["field"], one["reasons"][0]["code"]) for one in rejected) == sorted(
        (field, code) for _, field, code in BAD.values()
    )
    told = {one["event"]["id"] for one in rejected}
    assert told == {
        (d.get("id") or "(unreadable)")[:200] if isinstance(d, dict) else "(unreadable)"
        for d in sent.values()
    }


def test_a_bad_event_that_stands_alone_is_rejected_too(intake: Intake) -> None:
    intake.publish_reports(report(1, time="2022-10-01T10:30:00"))
    with intake.consuming():
        eventually(lambda: len(intake.letters()) == 1)
    (reply,) = intake.replies()
    assert (reply["type"], reply["data"]["event"]["id"]) == ("report.rejected", "rail-1")
    assert reply["correlationid"] == "rail-1"
    assert intake.letters()[0]["error"] == "time has no zone"


def test_a_message_that_is_no_json_is_one_letter_and_answered_by_nobody(intake: Intake) -> None:
    intake.publish(b"{", ARRIVALS, f"arrival.reported.{PUBLISHER}")
    intake.publish_reports(report(1))
    with intake.consuming():
        eventually(lambda: len(intake.letters()) == 1 and len(intake.trial.arrivals()) == 1)
    assert [one["type"] for one in intake.replies()] == ["report.accepted"]


def test_where_an_answer_cannot_be_made_the_letter_is_buried_without_it(intake: Intake) -> None:
    def failing(_uow: object, _events: object) -> None:
        raise ZeroDivisionError

    intake.handler = replace(intake.handler, unreadable=failing)
    intake.publish_reports(report(1, time="soon"), report(2))
    with intake.consuming():
        eventually(lambda: len(intake.letters()) == 1 and len(intake.trial.arrivals()) == 1)


def begin_replay(intake: Intake, letter_id: str) -> None:
    act = Act(new_id(), "wang", "replay", {}, "mended")
    with intake.trial.database.begin() as conn:
        dead_letters.begin(conn, act, 1)
        dead_letters.take(conn, [letter_id], act)


def test_the_letter_of_a_bad_event_is_handled_alone_when_it_is_replayed_after_a_mend(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = report(1) | {"dataschema": "urn:doorstep:arrival.reported:2"}
    intake.publish_reports(newer, report(2), report(3))
    with intake.consuming():
        eventually(lambda: len(intake.letters()) == 1 and len(intake.trial.arrivals()) == 2)
        (letter,) = intake.letters()
        begin_replay(intake, letter["id"])
        kind = replace(EVENT_TYPES["arrival.reported"], major=2)
        monkeypatch.setitem(EVENT_TYPES, "arrival.reported", kind)
        body = orjson.dumps([intake.body(letter)])
        intake.publish(body, BACK, intake.queue, letter["headers"] | {LETTER: letter["id"]})
        eventually(lambda: len(intake.trial.arrivals()) == 3)
        eventually(lambda: intake.letters()[0]["handled_at"])
    assert intake.letters()[0]["state"] == "replayed"
    answered = [(one["type"], one["data"]["event"]["id"]) for one in intake.replies()]
    assert ("report.rejected", "rail-1") in answered and ("report.accepted", "rail-1") in answered


def test_a_replayed_message_of_an_older_version_leaves_a_letter_for_each_bad_event(intake: Intake) -> None:
    """Two without an id are two letters, also if the copy comes twice."""
    packed = orjson.dumps([report(1), without(report(2), "id"), without(report(3), "id"), report(4)])
    whole = dead_letters.DeadLetter(
        handler=intake.queue,
        error="the event has no id",
        attempts=0,
        wire=Wire(packed, BATCH),
        first_failed_at=intake.trial.work.clock.now(),
        headers={"doorstep-routing-key": f"arrival.reported.{PUBLISHER}"},
    )
    with intake.trial.database.begin() as conn:
        dead_letters.bury(conn, intake.trial.sealer, [whole])
    (letter,) = intake.letters()
    begin_replay(intake, letter["id"])
    for _ in range(2):
        intake.publish(packed, BACK, intake.queue, letter["headers"] | {LETTER: letter["id"]})
    with intake.consuming():
        eventually(lambda: len(intake.trial.arrivals()) == 2)
        eventually(lambda: len(intake.letters()) == 3)
    assert [row["follows"] for row in intake.letters()] == [None, letter["id"], letter["id"]]
    assert len(intake.trial.rows(t.reports)) == 2
