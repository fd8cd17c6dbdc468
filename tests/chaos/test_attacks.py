"""Whoever may report arrivals does all that a publisher can do to others; the day ends the same."""

from __future__ import annotations

import gzip
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from amqp import Message

from chassis.messaging.connection import close_quietly, connect
from chassis.names import BACK, INBOUND, ROUTING_KEY
from contracts.envelope import ONE
from doorstep_client import arrival_event
from tests.chaos.conftest import Chaos, Faultless, same
from tests.chaos.outcome import Outcome
from tests.e2e.conftest import MORNING

pytestmark = [pytest.mark.chaos, pytest.mark.postgresql, pytest.mark.broker]

NAME = "selfreg"
SOURCE = f"/{NAME}/attack"
KEY = f"arrival.reported.{NAME}"
NUMBER = "620102199001019972"
FLOODED = 40  # reports of one person, each at another address
DEATHS: tuple[Any, ...] = (["a"], [], True, [{"count": "many", "queue": 5, "exchange": BACK}])


def report(id: str, address: str = "石榴雅苑1号楼", **more: Any) -> dict[str, Any]:
    """A sound report of the attacker's own person."""
    data = {
        "person": {
            "name": "攻击者",
            "phone": "13900009999",
            "identity_type": "resident_id",
            "identity_number": NUMBER,
        },
        "arrival": {"at": (MORNING - timedelta(hours=2)).isoformat()},
        "destination": {"address": address},
    }
    return arrival_event(SOURCE, data | more, id=id, time=MORNING)


def body(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, default=str).encode()


Put = Callable[..., None]


def forged_deaths(put: Put, turn: int) -> None:
    headers = {"x-death": DEATHS[turn % len(DEATHS)], ROUTING_KEY: "arrival.reported.police"}
    put(b"no event", application_headers=headers, expiration="1")


def others_queues(put: Put, turn: int) -> None:
    """A result of a test and a task, by the headers that route past the rights; and into another's queue."""
    data = {"task_id": "01a22814-65ac-7619-8807-369ca0c3e9ae", "outcome": "done"}
    event = {**report(f"task-{turn}"), "type": "task.reported", "data": data}
    for header in ("CC", "BCC"):
        keys = [f"task.reported.{NAME}", "arrival.reported.police", f"test.reported.{NAME}"]
        put(body(event), application_headers={header: keys})


def bombs(put: Put, turn: int) -> None:
    """A kilobyte of gzip that is a megabyte of brackets."""
    put(gzip.compress(b"[" * 1_000_000), content_encoding="gzip")


def garbage(put: Put, turn: int) -> None:
    for one in (
        b"",
        b"\xff\xfe\x00",
        b"{" * 5000,
        b"[]",
        b'{"specversion": "1.0"}',
        b'"' + b"x" * 200_000 + b'"',
    ):
        put(one)


def one_person_everywhere(put: Put, turn: int) -> None:
    if turn < FLOODED:
        put(body(report(f"everywhere-{turn}", f"不知何处{turn}号")))


def numbers_in_ids(put: Put, turn: int) -> None:
    if turn < 20:
        put(body(report(f"{NUMBER}-{turn}")))


def forged_counts(put: Put, turn: int) -> None:
    headers = {"x-delivery-count": 99, "doorstep-attempts": "99", "doorstep-first-failed": "yesterday"}
    put(b"{}", application_headers=headers, priority=9, reply_to="doorstep.replies.police")


ATTACKS = (
    forged_deaths,
    others_queues,
    bombs,
    garbage,
    one_person_everywhere,
    numbers_in_ids,
    forged_counts,
)


@contextmanager
def attacked(chaos: Chaos) -> Iterator[None]:
    """All of them, one after the other, as often as they can while the block lasts."""
    ending, failures = threading.Event(), []

    def attack() -> None:
        connection = connect(chaos.system.broker_url, "attack")
        channel = connection.channel()
        channel.confirm_select()

        def put(given: bytes, **properties: Any) -> None:
            message = Message(given, **{"content_type": ONE, "delivery_mode": 2} | properties)
            channel.basic_publish_confirm(message, exchange=INBOUND, routing_key=KEY)

        turn = 0
        try:
            while not ending.wait(0.2) or turn < FLOODED:
                for attack in ATTACKS:
                    attack(put, turn)
                turn += 1
        except BaseException as error:
            failures.append(error)
        finally:
            close_quietly(connection)

    thread = threading.Thread(target=attack)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(120)
    assert not failures and not thread.is_alive(), failures


@pytest.mark.timeout(900)  # a day beside attacks, and one without for comparison
def test_a_day_ends_the_same_beside_every_attack_and_each_is_named(
    chaos: Chaos, faultless: Faultless
) -> None:
    with attacked(chaos), chaos.flow(seconds=10):
        pass
    found = chaos.settled_outcome(300)
    _named(chaos, found)
    _leave_out_the_attackers(found, faultless())
    same(found, faultless())


def _named(chaos: Chaos, found: Outcome) -> None:
    dead = {(one["handler"], one["error"]) for one in chaos.system.cli("dead", "list", "--most", "2000")}
    errors = " ".join(error for _, error in dead)
    assert {handler for handler, _ in dead} == {"registration.receive_report"}, dead
    for kind in ("is not JSON", "must be a JSON object", "no such event type"):
        assert kind in errors, sorted(dead)
    refused = [outcome for (source, _), outcome in found["reports"].items() if source == SOURCE]
    assert refused.count("needs_correction") >= 20, "ids that hold a number"
    passed_over = [
        line for line in _metrics(chaos).splitlines() if line.startswith("doorstep_passed_over_total{")
    ]
    assert sum(float(line.rpartition(" ")[2]) for line in passed_over) > 0
    doubts = chaos.system.cli("duplicates", "list", "--most", "500")
    assert any(one["why"] == "too_many" for one in doubts), "more places than anybody can be at"


def _metrics(chaos: Chaos) -> str:
    ports = [chaos.system.replicas[service, 0].port for service in ("registration", "isolation")]
    pages = (urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read() for port in ports)
    return "\n".join(page.decode() for page in pages)


def _leave_out_the_attackers(found: Outcome, expected: Outcome) -> None:
    """What they may do: report arrivals of their own person, in vain mostly."""
    theirs = found["arrivals"].keys() - expected["arrivals"].keys()
    assert 0 < len(theirs) <= FLOODED + 1
    for name in theirs:
        del found["arrivals"][name]
    found["reports"] = {key: outcome for key, outcome in found["reports"].items() if key[0] != SOURCE}
    of_ours = {name for pair in expected["pairs"] for name in pair.split(" and ")}
    found["pairs"] = {
        pair: why for pair, why in found["pairs"].items() if set(pair.split(" and ")) <= of_ours
    }
    found["dead"] = {
        service: [line for line in lines if line in expected["dead"][service]]
        for service, lines in found["dead"].items()
    }
