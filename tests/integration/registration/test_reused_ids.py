"""A refused report sent again: under a new id it is taken, under the old one its source is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import orjson

from chassis.messaging.batch import Runner
from contracts.envelope import ONE
from services.registration import tables as t
from services.registration.handlers import HANDLERS
from tests.integration.registration.trial import Trial, person, report


def handle(trial: Trial, *documents: dict[str, Any]) -> None:
    """Through the inbox, as from the queue."""
    runner = Runner("registration.receive_report", HANDLERS[0], trial.work, cast(Any, None), ())
    messages = [
        SimpleNamespace(
            body=orjson.dumps(document),
            delivery_tag=tag,
            delivery_info={"exchange": "doorstep.arrivals", "routing_key": "arrival.reported.rail"},
            properties={"content_type": ONE},
        )
        for tag, document in enumerate(documents, 1)
    ]
    runner.run([runner.read(message) for message in messages])


WRONG = report(1, people=[person(1, identity_number="1")])


def test_under_a_new_id_it_is_taken(trial: Trial) -> None:
    handle(trial, WRONG)
    handle(trial, report(1, id="rail-1-corrected"))
    assert [row["outcome"] for row in trial.rows(t.reports, "id")] == ["needs_correction", "registered"]


def test_under_the_old_id_its_source_is_told_to_use_a_new_one(trial: Trial) -> None:
    handle(trial, WRONG)
    handle(trial, report(1))
    _, reply = trial.events("report.rejected")
    assert reply["data"]["event"] == {"source": "/rail/arrivals", "id": "rail-1"}
    assert [reason["code"] for reason in reply["data"]["reasons"]] == ["id_reused"]
    (letter,) = trial.rows(t.metadata.tables["dead_letters"])
    assert letter["event_id"] == "rail-1" and trial.arrivals() == []


def test_the_same_report_again_is_no_reuse(trial: Trial) -> None:
    handle(trial, report(1), report(1))
    handle(trial, report(1))
    assert trial.events("report.rejected") == [] and len(trial.events("report.accepted")) == 1
