"""Commands that other systems publish: the whole way over a real broker and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from chassis.clock import Clock
from chassis.commands.by_broker import as_handler
from chassis.commands.by_door import AtTheDoor
from chassis.messaging.connection import close_quietly, connect
from chassis.messaging.topology import apply, reply_queue
from chassis.names import INBOUND
from chassis.running.housekeeping import chores
from contracts.envelope import BATCH, dump_event, event_document, join_events
from field.scope import EVERYWHERE
from tests.integration.chassis.test_commands import AUTHOR, COMMAND, data
from tests.integration.chassis.trial_service import Trial, prepare, running
from tests.waiting import eventually

pytestmark = pytest.mark.broker


@pytest.fixture
def trial(broker_url: str, sqlite_url: Callable[..., str]) -> Trial:
    trial = Trial(broker_url, sqlite_url("trial", prepare), handler=as_handler("trial", COMMAND))
    connection = connect(broker_url, "test")
    apply(connection, [reply_queue("clinic")])
    close_quietly(connection)
    return trial


def publish(trial: Trial, *documents: Any) -> None:
    body = join_events(dump_event(document) for document in documents)
    trial.publish(body, content_type=BATCH, key="place.changed.clinic", exchange=INBOUND)


def visit(id: str, data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    said = {"source": "/clinic/visits", "type": "place.changed", "time": Clock().now(), **changes}
    return event_document(id=id, data=data, **said)


def answers(trial: Trial, how_many: int) -> list[tuple[str, str]]:
    """Of each event, what became of it, in order of id."""
    found: list[dict[str, Any]] = []
    connection = connect(trial.broker_url, "test")
    channel = connection.channel()

    def all_there() -> bool:
        while (message := channel.basic_get("doorstep.replies.clinic", no_ack=True)) is not None:
            found.extend(one["data"] for one in orjson.loads(message.body))
        return len(found) >= how_many

    eventually(all_there, show=lambda: found)
    close_quietly(connection)
    return sorted((one["event"]["id"], one["outcome"]) for one in found)


def test_each_command_of_a_message_is_carried_out_or_refused_alone_and_answered(trial: Trial) -> None:
    broken = {**visit("5", data(5)), "type": "no.such_type"}
    with running(trial):
        publish(trial, visit("1", data(1)), visit("2", data(2, "ugly")), visit("3", {"name": "grid"}), broken)
        said = [("1", "done"), ("2", "invalid"), ("3", "invalid"), ("5", "invalid")]
        assert answers(trial, 4) == said
        publish(trial, visit("1", data(1)), visit("1", data(4)), visit("2", data(2, "changed")))
        assert answers(trial, 3) == [("1", "done"), ("1", "invalid"), ("2", "invalid")]
    assert trial.numbers() == [1]
    kept = [(row.event_id, row.error.partition(":")[0]) for row in trial.rows("dead_letters")]
    reused = "the same source and id came before with other content"
    assert sorted(kept) == [
        ("1", reused),
        ("2", reused),
        ("3", "breaks its contract"),
        ("5", "this queue takes no such event type"),
    ]


def test_what_a_door_records_is_sent_by_the_event_process(trial: Trial) -> None:
    """Its chore sends what the door left, and the handlers' own messages are not its business."""
    door = replace(trial.work, by_door=True)
    AtTheDoor(door, COMMAND).carry_out(AUTHOR, lambda _: EVERYWHERE, "a", data(1))
    [row] = trial.rows("outbox")
    assert row.by_door and row.published_at is None
    [send] = [chore for chore in chores(trial.service, trial.work, trial.settings) if chore.name == "door"]
    assert send.every_s <= 0.2
    assert send.do() == 1
    assert send.do() == 0
    [row] = trial.rows("outbox")
    assert row.published_at is not None
