"""The broker's health check: healthy is who takes a message and gives it out again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import yaml
from amqp import Message
from amqp.exceptions import MessageNacked
from kombu import Connection

from chassis.messaging.topology import apply, health_queue
from deploy.local import PrivateBroker
from deploy.local.broker import binaries
from tests.waiting import eventually

pytestmark = pytest.mark.broker

ROOT = Path(__file__).resolve().parents[3]
CHECK = ROOT / "deploy/rabbitmq/health.sh"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBroker]:
    with PrivateBroker(tmp_path_factory.mktemp("health") / "broker") as broker:
        yield broker


def healthy(broker: PrivateBroker) -> bool:
    environment = broker._env() | {"PATH": f"{binaries()}:{os.environ['PATH']}"}
    return subprocess.run([CHECK], env=environment, capture_output=True, timeout=60).returncode == 0


def declare(broker: PrivateBroker) -> None:
    with Connection(broker.url()) as connection:
        apply(connection, [health_queue()])


def left(broker: PrivateBroker) -> int:
    with Connection(broker.url()) as connection:
        return int(connection.channel().queue_declare(health_queue().name, passive=True).message_count)


def test_before_anything_is_declared_a_node_that_answers_is_healthy(broker: PrivateBroker) -> None:
    """The job that declares waits for it."""
    assert healthy(broker)


def test_a_node_that_takes_no_message_is_not_healthy_though_connections_open(broker: PrivateBroker) -> None:
    declare(broker)
    assert healthy(broker) and left(broker) == 0
    broker.rabbitmqctl("eval", "sys:suspend(ra_log_wal).")
    try:
        assert broker.answers() and not healthy(broker)
    finally:
        broker.rabbitmqctl("eval", "sys:resume(ra_log_wal).")
    eventually(lambda: healthy(broker))
    assert broker.rabbitmqctl("eval", "rabbit_direct:list().").strip() == "[]", "it leaves nothing behind"


def test_during_an_alarm_a_node_stays_healthy(broker: PrivateBroker) -> None:
    """Publishers wait then, consumers go on."""
    declare(broker)
    broker.rabbitmqctl("set_vm_memory_high_watermark", "0.00001")
    try:
        assert healthy(broker)
    finally:
        broker.rabbitmqctl("set_vm_memory_high_watermark", "0.4")


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=330m", "none", folder], capture_output=True)
    if done.returncode:
        pytest.skip("this user may not mount anything")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.slow
def test_after_a_full_disk_a_node_is_not_healthy_until_it_is_restarted(tmp_path: Path) -> None:
    with (
        small_disk(tmp_path / "disk"),
        PrivateBroker(tmp_path / "disk" / "broker", config={"disk_free_limit.absolute": "1MB"}) as broker,
    ):
        declare(broker)
        fill = tmp_path / "disk" / "fill"
        with suppress(OSError), fill.open("wb") as file:
            while True:
                file.write(bytes(1 << 16))
                file.flush()

        def has_a_log() -> bool:
            return "undefined" not in broker.rabbitmqctl("eval", "whereis(ra_log_wal).")

        with (
            suppress(TimeoutError, MessageNacked),
            Connection(broker.url(), connect_timeout=5) as connection,
        ):
            channel = connection.channel()
            for _ in range(50):
                message = Message("x" * 500_000)
                channel.basic_publish_confirm(message, "", health_queue().name, confirm_timeout=5)
        eventually(lambda: not has_a_log(), every=1)
        fill.unlink()
        eventually(lambda: broker.rabbitmqctl("eval", "rabbit_alarm:get_alarms().").strip() == "[]", every=1)
        assert broker.answers() and not healthy(broker)
        broker.restart()
        eventually(lambda: healthy(broker), every=1)


def test_every_broker_is_checked_by_it() -> None:
    one = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["rabbitmq"]
    three = yaml.safe_load((ROOT / "deploy/cluster/docker-compose.cluster.yml").read_text())["services"]
    nodes = [three[name] for name in ("rabbitmq", "rabbitmq-2", "rabbitmq-3")]
    assert {tuple(node["healthcheck"]["test"]) for node in (one, *nodes)} == {
        ("CMD", "/usr/local/bin/health.sh")
    }
    mounted = "./deploy/rabbitmq/health.sh:/usr/local/bin/health.sh:ro"
    assert all(mounted in node["volumes"] for node in (one, *nodes[1:])), "the first of three is that one"
