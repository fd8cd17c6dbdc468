"""A sender that dies loses nothing and tells nobody twice."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from chassis.sealing import Sealer, new_key
from chassis.unit_of_work import Work
from services.notification.messages.attempts import Answer, Outcome
from services.notification.messages.sending import lease_due, settle
from tests.integration.notification.trial import (
    KEYS,
    QUICK,
    ROOT,
    Gateway,
    nothing_waits,
    opened,
    prepare,
    rows,
    running_gateway,
    states,
    tell,
    tell_batch,
    told,
    until,
    work_on,
)


@pytest.fixture
def work(database_url: Callable[..., str]) -> Iterator[Work]:
    with work_on(database_url("notification", prepare)) as work:
        yield work


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running_gateway() as gateway:
        yield gateway


def test_a_dead_senders_messages_are_found_again_and_its_late_word_is_not_written(
    work: Work, gateway: Gateway
) -> None:
    tell_batch(work, [opened() for _ in range(3)])
    channels = {"sms": gateway.channel()}
    with work.unit() as uow:
        letters = lease_due(uow, limit=10, seconds=0.3, channels=channels, back_off=QUICK.back_off)
    assert len(letters) == 6
    with work.unit() as uow:
        assert lease_due(uow, limit=10, seconds=1, channels=channels, back_off=QUICK.back_off) == []
    time.sleep(0.4)
    until(nothing_waits(work), gateway.sender(work))
    assert states(work) == {"accepted": 6}
    with work.unit() as uow:
        late = [(letter, Outcome(Answer.REFUSED, "http_400")) for letter in letters]
        assert settle(uow, late, channels=channels, back_off=QUICK.back_off) == 0
    assert states(work) == {"accepted": 6}
    assert told(work, "message.undeliverable") == []


def test_without_keys_a_dead_senders_messages_go_to_a_human(work: Work, gateway: Gateway) -> None:
    tell_batch(work, [opened() for _ in range(3)])
    channels = {"sms": gateway.channel(idempotent=False)}
    with work.unit() as uow:
        lease_due(uow, limit=10, seconds=0.1, channels=channels, back_off=QUICK.back_off)
    time.sleep(0.2)
    until(nothing_waits(work), gateway.sender(work, idempotent=False))
    assert states(work) == {"unknown": 6}
    assert len(told(work, "message.undeliverable")) == 6
    assert gateway.sent()["delivered"] == 0


@pytest.mark.slow
def test_a_sender_killed_in_mid_send_loses_nothing_and_delivers_nothing_twice(
    work: Work, gateway: Gateway
) -> None:
    tell_batch(work, [opened() for _ in range(200)])
    gateway.behave(slow_ms=60)
    url = work.database.url.render_as_string(hide_password=False)
    kills = 0
    chance = random.Random(20221001)
    while not nothing_waits(work)():
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.integration.notification.sender_process",
                url,
                gateway.url,
                KEYS,
            ],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        )
        assert process.stdout and process.stdout.readline() == "sending\n"
        if kills < 6:
            time.sleep(chance.uniform(0.1, 0.5))
            process.send_signal(signal.SIGKILL)
            kills += 1
        else:
            try:
                until(nothing_waits(work), seconds=60)
            finally:
                process.kill()
        process.wait(10)
        process.stdout.close()
    assert kills == 6
    assert states(work) == {"accepted": 400}
    sent = gateway.sent()
    assert set(sent["per_key"]) == {row["id"] for row in rows(work)}
    assert set(sent["per_key"].values()) == {1}
    assert sent["repeated"] > 0, "no sender died between the gateway's delivery and the writing of it"
    assert len(told(work, "message.accepted")) == 400


def test_a_key_that_is_not_on_the_ring_yet_is_waited_for(work: Work, gateway: Gateway) -> None:
    tell(work, opened(team=[], assigned=False))
    other = replace(work, sealer=Sealer.from_text(f"k2:{new_key()}"))
    gateway.sender(other).run_once()
    (row,) = rows(work)
    assert (row["state"], row["reason"]) == ("pending", "seal_broken")
