"""The REST API: other systems hand in events with a key, and are told what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from chassis.doors.app import Doorway, make_app
from chassis.doors.limits import Allowance
from chassis.doors.tokens import Keys
from operations.services import handlers_of
from services.console.api import app as api
from services.console.app import make_app as make_console
from services.console.doors import Doors
from services.registration.door import DOOR
from services.registration.publishers.keep_publisher import keep_publisher
from services.registration.publishers.make_api_key import make_api_key
from services.registration.publishers.remove_publisher import remove_publisher
from tests.doors import CONSOLE, public_pem
from tests.integration.registration.trial import Trial, prepare, report
from tests.served import served

NAME = "rail-lanzhou"


class Edge:
    """The console before the door of registration, over real HTTP; the doors of the others are away."""

    def __init__(self, trial: Trial, door: str) -> None:
        self.trial, self.door = trial, door
        nobody = "http://127.0.0.1:9"
        urls = {"registration": door, "isolation": nobody, "notification": nobody}
        self.client: FlaskClient = make_console(Doors(urls, CONSOLE)).test_client()
        with trial.work.unit() as uow:
            keep_publisher(uow, NAME, ["arrival.reported", "task.reported"], own_queue=False)
            self.key = make_api_key(uow, NAME)

    def post(self, path: str, body: Any, *, key: str | None = None, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {key or self.key}"}
        given = {"data": body} if isinstance(body, bytes) else {"json": body}
        kind = {"content_type": "application/json"} if isinstance(body, bytes) else {}
        return self.client.post(f"/api/v1{path}", headers=headers, **given, **kind, **more)

    def outcomes(self, *documents: Any) -> list[str]:
        answer = self.post("/events", list(documents))
        assert answer.status_code == 200, answer.text
        return [one["outcome"] for one in answer.json["outcomes"]]


@pytest.fixture
def edge(database_url: Callable[..., str]) -> Iterator[Edge]:
    trial = Trial(database_url("registration", prepare))
    outside = [handler for handler in handlers_of("registration") if handler.from_outside]
    way = Doorway.of(DOOR, replace(trial.work, by_door=True), Keys(public_pem()), handlers=outside)
    with served(make_app(way)) as door:
        yield Edge(trial, door)
    trial.database.dispose()


def sent(order: int, **changed: Any) -> dict[str, Any]:
    return {**report(order, publisher=NAME), **changed}


def test_each_event_has_an_outcome_refused_ones_too(edge: Edge) -> None:
    answer = edge.post("/events", [sent(1), sent(2, data={}), {"type": "no.such"}, "nonsense", sent(1)])
    assert answer.status_code == 200
    outcomes = answer.json["outcomes"]
    assert [one["outcome"] for one in outcomes] == ["accepted", "rejected", "invalid", "invalid", "repeated"]
    assert [one["id"] for one in outcomes] == [f"{NAME}-1", f"{NAME}-2", None, None, f"{NAME}-1"]
    assert outcomes[0]["arrival_ids"] and outcomes[0]["became"] == "registered" and outcomes[1]["reasons"]
    assert len(edge.trial.arrivals()) == 1


def test_one_event_has_one_outcome_and_a_simple_arrival_needs_no_envelope(edge: Edge) -> None:
    answer = edge.post("/arrivals", {"id": "A-1", "data": sent(1)["data"]})
    assert (answer.status_code, answer.json["id"], answer.json["outcome"]) == (200, "A-1", "accepted")
    again = edge.post("/arrivals", {"id": "A-1", "data": sent(1)["data"]})
    assert again.json["outcome"] == "repeated"
    other = edge.post("/arrivals", {"id": "A-1", "data": sent(2)["data"]})
    assert other.json["outcome"] == "rejected"


def test_a_thousand_events_are_worked_off_in_portions(edge: Edge) -> None:
    assert set(edge.outcomes(*(sent(n) for n in range(1000)))) == {"accepted"}
    assert len(edge.trial.arrivals()) == 1000
    too_many = edge.post("/events", [{}] * 1001)
    assert too_many.status_code == 422


def test_a_publisher_says_only_what_it_may(edge: Edge) -> None:
    closed = {**sent(1), "type": "batch.closed"}
    assert edge.outcomes(closed, sent(2)) == ["not_allowed", "accepted"]
    assert edge.outcomes({**sent(3), "source": "/police/desk"}) == ["rejected"]


def test_what_a_service_that_is_away_should_take_is_to_be_sent_again(edge: Edge) -> None:
    task = {**sent(1), "type": "task.reported"}
    assert edge.outcomes(task, sent(2)) == ["not_taken", "accepted"]
    alone = edge.post("/events", task)
    assert (alone.status_code, alone.headers["Retry-After"]) == (503, "2")
    assert alone.mimetype == "application/problem+json"


def test_only_a_key_that_counts_opens(edge: Edge) -> None:
    assert edge.client.post("/api/v1/events", json=[sent(1)]).status_code == 401
    assert edge.post("/events", [sent(1)], key="guessed").status_code == 401
    assert edge.post("/events", [sent(1)], key="x" * 5000).status_code == 401
    with edge.trial.work.unit() as uow:
        ended = make_api_key(uow, NAME)
        remove_publisher(uow, NAME)
    assert edge.post("/events", [sent(1)], key=ended).status_code == 401
    assert edge.trial.arrivals() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"[]", 400), (b"7", 400), (b"[" * 100_000, 400), (b" " * (api.MAX_BODY + 1), 413)],
)
def test_a_request_that_cannot_be_used_is_refused_whole(edge: Edge, body: bytes, status: int) -> None:
    answer = edge.post("/events", body)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert edge.trial.arrivals() == []


def test_who_sends_too_often_is_told_to_wait(edge: Edge) -> None:
    from flask import Flask, g

    app = Flask("few")
    app.before_request(lambda: setattr(g, "correlation_id", "c"))
    doors = Doors({"registration": edge.door}, CONSOLE)
    app.register_blueprint(api.make_api(doors, allowance=Allowance(burst=1, per_second=0)))
    edge.client = app.test_client()
    assert [edge.post("/events", [sent(n)]).status_code for n in (1, 2)] == [200, 429]
