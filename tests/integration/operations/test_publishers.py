"""Publishers at a real broker and in registration's table: what each may say, and its own queue."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import pika
import pytest

from chassis.messaging.connection import close_quietly, connect
from chassis.messaging.topology import apply, reply_queue
from deploy.local import LocalNodeError, PrivateBroker
from deploy.local.checkout import unpack
from doorstep_client import Publisher, Replies, Reply, arrival_event
from operations import publishers
from operations.audit import waiting_messages
from operations.databases import database_of, settings_of
from operations.errors import Conflict, NotFound, NotSetUp, WrongInput
from operations.publishers import add_publisher, list_publishers, new_api_key, remove_publisher, renew_rights
from operations.queues.look import look
from operations.queues.picture import Picture
from operations.settings import environment
from operations.topology import apply_topology, check_topology
from services.registration import door as registration
from services.registration import tables as t
from services.registration.publishers.queries import with_own_queues
from tests.integration.registration.intake import Intake
from tests.integration.registration.trial import Trial, prepare, report
from tests.system import KEYS
from tests.waiting import eventually

pytestmark = pytest.mark.broker

EARLIER = "43d68119521756c6d6e1e940cc126b0b66bdb70d"
SHARED = "registration.receive_report"

# The client of before, in a process of its own: publishes the reports of a file, and reads their answers.
CLIENT_OF_BEFORE = """
import json, sys
from doorstep_client import Publisher, Replies
url, name, file = sys.argv[1:]
events = [json.loads(line) for line in open(file, encoding="utf-8")]
with Publisher(url, name) as publisher:
    outcomes = publisher.publish_many(events)
answers = []
with Replies(url, name) as replies:
    done = lambda: len(answers) == len(events)
    replies.read(lambda one: answers.append([one.event_id, one.type]), until=done, idle=60)
print(json.dumps({"outcomes": outcomes.counts(), "answers": sorted(answers)}))
"""


@pytest.fixture
def database(sqlite_url: Callable[..., str]) -> str:
    return sqlite_url("registration", prepare)


@pytest.fixture(autouse=True)
def operator(
    tmp_path: Path,
    broker_url: str,
    broker: PrivateBroker,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """The functions behind `doorstep publisher`, at a system of which nothing runs; its topology is there."""
    given = KEYS | {
        "DOORSTEP_VAR": str(tmp_path / "var"),
        "DOORSTEP_BROKER_URL": broker_url,
        "DOORSTEP_MANAGEMENT_URL": broker.management_url(),
        "DOORSTEP_REGISTRATION_DATABASE_URL": database,
    }
    for setting, value in given.items():
        monkeypatch.setenv(setting, value)
    for remembered in (settings_of, database_of):
        remembered.cache_clear()
    apply_topology(environment())
    yield
    for remembered in (settings_of, database_of):
        remembered.cache_clear()


@pytest.fixture
def name(vhost: str) -> str:
    """Users belong to the broker, not to the test's virtual host."""
    return f"rail-{vhost}"


@pytest.fixture
def intake(broker_url: str, database: str) -> Iterator[Intake]:
    trial = Trial(database)
    yield Intake(trial, broker_url)
    trial.database.dispose()


def url_of(broker_url: str, name: str, password: str) -> str:
    parts = urlsplit(broker_url)
    return urlunsplit(parts._replace(netloc=f"{name}:{quote(password)}@{parts.hostname}:{parts.port}"))


def may_say(url: str, key: str, exchange: str = "doorstep.inbound") -> bool:
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        try:
            channel.basic_publish(exchange, key, b"{}")
        except pika.exceptions.ChannelClosedByBroker:
            return False
        return True


def depth(url: str, queue: str) -> int | None:
    """None where there is no such queue."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        try:
            return int(connection.channel().queue_declare(queue, passive=True).method.message_count)
        except pika.exceptions.ChannelClosedByBroker:
            return None


def listed(name: str) -> publishers.Publisher | None:
    return next((one for one in list_publishers() if one.publisher == name), None)


def own(name: str) -> str:
    return f"{SHARED}.from.{name}"


def test_a_publisher_says_what_it_may_under_its_own_name_and_nothing_else(
    broker_url: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = ("arrival.reported", "task.reported")
    made = add_publisher(name, may=allowed)
    assert (made.exchange, made.may) == ("doorstep.inbound", allowed)
    assert made.password and made.routing_key == f"arrival.reported.{name}"
    url = url_of(broker_url, name, made.password)
    for exchange in ("doorstep.inbound", "doorstep.arrivals"):
        for event in (*allowed, "batch.closed", "case.opened"):
            assert may_say(url, f"{event}.{name}", exchange) == (event in allowed), event
        assert not may_say(url, "arrival.reported.police", exchange)
    known = listed(name)
    assert known and known.may == allowed and known.user

    renewed = add_publisher(name, renew=True, may=["batch.closed"])
    assert renewed.password is None and renewed.may == ("batch.closed",)
    assert may_say(url, f"batch.closed.{name}") and not may_say(url, f"arrival.reported.{name}")
    assert add_publisher(name, renew=True).may == ("batch.closed",), "without --may it keeps what it has"
    with pytest.raises(Conflict, match="--renew gives it its rights again"):
        add_publisher(name)

    monkeypatch.setenv("DOORSTEP_REGISTRATION_DATABASE_URL", f"sqlite:///{tmp_path}/nothing.sqlite")
    for remembered in (settings_of, database_of):
        remembered.cache_clear()
    with pytest.raises(NotSetUp, match="registration has no tables"):
        renew_rights()
    assert may_say(url, f"batch.closed.{name}") and not may_say(url, f"arrival.reported.{name}")


def test_what_nobody_outside_may_say_cannot_be_given(name: str) -> None:
    for wrong in ("case.opened", "command.settled", "nonsense"):
        with pytest.raises(WrongInput, match="they may say arrival"):
            add_publisher(name, may=[wrong])
    with pytest.raises(NotFound):
        add_publisher(name, renew=True)
    assert listed(name) is None


def test_its_reports_wait_in_its_own_queue_and_those_of_others_in_the_shared_one(
    broker_url: str, name: str, intake: Intake
) -> None:
    url = url_of(broker_url, name, add_publisher(name).password or "")
    with Publisher(url, name) as publisher:
        assert publisher.publish(report(1, publisher=name)).accepted
    with Publisher(broker_url) as gateway:
        assert gateway.publish(report(2, publisher="nobody-added-me")).accepted
    assert (depth(broker_url, own(name)), depth(broker_url, SHARED)) == (1, 1)
    retries_of_the_trial = "doorstep.retry.1s"
    assert [one for one in check_topology().differences if one.name != retries_of_the_trial] == []
    assert waiting_messages._ready()[own(name)] == 1
    picture = eventually(lambda: found if counted(found := look(), own(name)) else None)
    assert "1 message and no consumer" in {one.where: one.what for one in picture.attention}[own(name)]
    with intake.consuming():
        eventually(lambda: len(intake.trial.arrivals()) == 2)
    eventually(lambda: depth(broker_url, own(name)) == 0)


def counted(picture: Picture, queue: str) -> bool:
    """The broker counts messages and consumers of a new queue one after the other."""
    found = picture.queues.get(queue)
    return found is not None and found.ready == 1 and found.consumers is not None


def test_a_removed_publishers_queue_goes_when_it_is_empty_and_is_kept_and_told_otherwise(
    broker_url: str, name: str, intake: Intake
) -> None:
    url = url_of(broker_url, name, add_publisher(name).password or "")
    with Publisher(url, name, closing_counts=False) as publisher:
        assert publisher.publish(report(1, publisher=name)).accepted
    assert remove_publisher(name).kept == {own(name): 1}
    with pytest.raises(pika.exceptions.ProbableAuthenticationError):
        may_say(url, f"arrival.reported.{name}")
    known = listed(name)
    assert known and known.removed_at and not known.user
    with Publisher(broker_url) as gateway:  # what comes under its name from now on goes the way of all others
        assert gateway.publish(report(2, publisher=name)).accepted
    assert (depth(broker_url, own(name)), depth(broker_url, SHARED)) == (1, 1)
    with intake.consuming():
        eventually(lambda: len(intake.trial.arrivals()) == 2)
        assert remove_publisher(name).kept == {}
        assert depth(broker_url, own(name)) is None
        with pytest.raises(NotFound):
            remove_publisher(name)

        url = url_of(broker_url, name, add_publisher(name).password or "")
        with Publisher(url, name) as publisher:
            assert publisher.publish(report(3, publisher=name)).accepted
        eventually(lambda: len(intake.trial.arrivals()) == 3)
    assert intake.letters() == []


def test_an_api_key_is_shown_once_and_says_who_it_is(name: str, intake: Intake) -> None:
    def whose(key: str) -> str | None:
        with intake.trial.database.read() as conn:
            found = registration.PUBLISHER_WITH_KEY(conn, settings_of("registration").index(), key)
        return found.name if found else None

    add_publisher(name)
    keys = [new_api_key(name) for _ in range(2)]
    assert [whose(key) for key in keys] == [name, name]
    last = new_api_key(name, end_others=True)
    assert [whose(key) for key in (*keys, last, "", "x" * 500)] == [None, None, name, None, None]
    known = listed(name)
    assert known and known.keys == 1
    rows = [*intake.trial.rows(t.publishers), *intake.trial.rows(t.publisher_keys)]
    assert not any(last in str(value) for row in rows for value in row.values())
    remove_publisher(name)
    assert whose(last) is None
    with pytest.raises(NotFound):
        new_api_key(name)


def of_before(broker: PrivateBroker, vhost: str, name: str) -> None:
    """A publisher as commit 43d6811 made it: one exchange, one routing key, no queue of its own, no row."""
    connection = connect(broker.url(vhost), "test")
    apply(connection, [reply_queue(name)])
    close_quietly(connection)
    broker.rabbitmqctl("add_user", name, "secret")
    broker.rabbitmqctl("set_user_tags", name, "publisher")
    key = rf"^arrival\.reported\.{name}$"
    broker.rabbitmqctl("set_topic_permissions", "-p", vhost, name, "doorstep.arrivals", key, "^$")
    write, read = r"^doorstep\.arrivals$", rf"^doorstep\.replies\.{name}$"
    broker.rabbitmqctl("set_permissions", "-p", vhost, name, "^$", write, read)


def test_a_client_and_a_publisher_of_before_are_heard_and_answered(
    broker: PrivateBroker,
    vhost: str,
    broker_url: str,
    name: str,
    intake: Intake,
    tmp_path: Path,
) -> None:
    try:
        unpack(EARLIER, tmp_path / "earlier")
    except LocalNodeError as error:
        pytest.fail(str(error), pytrace=False)
    of_before(broker, vhost, name)
    url = url_of(broker_url, name, "secret")

    def published_by_the_client_of_before(numbers: range) -> dict[str, Any]:
        file = tmp_path / "reports.jsonl"
        file.write_text("".join(f"{json.dumps(report(n, publisher=name))}\n" for n in numbers))
        found = subprocess.run(
            [sys.executable, "-c", CLIENT_OF_BEFORE, url, name, str(file)],
            env=os.environ | {"PYTHONPATH": str(tmp_path / "earlier" / "clients")},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert found.returncode == 0, found.stderr
        return dict(json.loads(found.stdout))

    with intake.consuming():
        first = published_by_the_client_of_before(range(1, 61))
        assert first["outcomes"]["accepted"] == 60
        assert {type for _, type in first["answers"]} == {"report.accepted"}
        with Publisher(url, name) as publisher:  # the client of today has nothing to fall back to
            refused = publisher.publish(report(100, publisher=name))
        assert "403" in (refused.reason or "")

        assert [renew_rights() for _ in range(2)] == [1, 0]
        known = listed(name)
        assert known and known.may == ("arrival.reported", "batch.closed")
        with intake.trial.database.read() as conn:
            assert with_own_queues(conn) == [name]
        second = published_by_the_client_of_before(range(61, 121))
        assert second["outcomes"]["accepted"] == 60
        answers: list[Reply] = []
        with Publisher(url, name) as publisher:
            assert publisher.publish(report(121, publisher=name)).accepted
        with Replies(url, name) as replies:
            replies.read(answers.append, until=lambda: bool(answers), idle=60)
    assert [one.event_id for one in answers] == [f"{name}-121"]
    assert len(intake.trial.arrivals()) == 121
    assert intake.letters() == []
    assert depth(broker_url, "doorstep.unrouted") == 0


def test_publishing_before_and_after_the_topology_is_applied_again_and_again_repeats_nothing(
    broker_url: str, intake: Intake
) -> None:
    with Publisher(broker_url, closing_counts=False) as gateway, intake.consuming():
        for number in range(1, 31):
            assert gateway.publish(arrival_event("/x/y", report(number)["data"], id=str(number))).accepted
            if number % 10 == 0:
                apply_topology(environment())
        eventually(lambda: len(intake.trial.arrivals()) == 30)
