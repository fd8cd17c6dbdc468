"""A sender that dies loses nothing and informs nobody twice."""

import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from chassis.sealing import Sealer, new_key
from chassis.unit_of_work import Work
from services.notification.channels.answers import Answer, Outcome
from services.notification.messages.lease_due import lease_due
from services.notification.messages.settle import settle
from tests.integration.notification.trial import (
    KEYS,
    QUICK,
    ROOT,
    Gateway,
    inform,
    inform_batch,
    leases_end,
    nothing_waits,
    opened,
    recorded,
    rows,
    send_all,
    states,
)
from tests.processes import start
from tests.waiting import PATIENCE_S, eventually


def test_a_dead_senders_messages_are_found_again_and_its_late_word_is_not_written(
    work: Work, gateway: Gateway
) -> None:
    inform_batch(work, [opened() for _ in range(3)])
    channels = {"sms": gateway.channel()}
    with work.unit() as uow:
        letters = lease_due(
            uow, limit=10, seconds=60, channels=channels, back_off=QUICK.back_off, pace=QUICK.pace
        )
    assert len(letters) == 6
    with work.unit() as uow:
        assert (
            lease_due(uow, limit=10, seconds=60, channels=channels, back_off=QUICK.back_off, pace=QUICK.pace)
            == []
        )
    leases_end(work)
    send_all(work, gateway.sender(work))
    assert states(work) == {"accepted": 6}
    with work.unit() as uow:
        late = [(letter, Outcome(Answer.REFUSED, "http_400")) for letter in letters]
        assert settle(uow, late, channels=channels, back_off=QUICK.back_off) == 0
    assert states(work) == {"accepted": 6}
    assert recorded(work, "message.undeliverable") == []


def test_without_keys_a_dead_senders_messages_go_to_a_human(work: Work, gateway: Gateway) -> None:
    inform_batch(work, [opened() for _ in range(3)])
    channels = {"sms": gateway.channel(idempotent=False)}
    with work.unit() as uow:
        lease_due(uow, limit=10, seconds=60, channels=channels, back_off=QUICK.back_off, pace=QUICK.pace)
    leases_end(work)
    send_all(work, gateway.sender(work, idempotent=False))
    assert states(work) == {"unknown": 6}
    assert len(recorded(work, "message.undeliverable")) == 6
    assert gateway.sent()["delivered"] == 0


@pytest.mark.slow
def test_a_sender_killed_in_mid_send_loses_nothing_and_delivers_nothing_twice(
    work: Work, gateway: Gateway
) -> None:
    inform_batch(work, [opened() for _ in range(200)])
    gateway.behave(slow_ms=60)
    url = work.database.url.render_as_string(hide_password=False)
    kills = 0
    chance = random.Random(20221001)
    while not nothing_waits(work):
        process = start(
            [sys.executable, "-m", "tests.integration.notification.sender_process", url, gateway.url, KEYS],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        )
        assert process.stdout and process.stdout.readline() == "sending\n"
        if kills < 6:
            delivered = gateway.sent()["delivered"]
            eventually(lambda before=delivered: gateway.sent()["delivered"] > before, every=0.01)
            time.sleep(chance.uniform(0.0, 0.2))
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE_S)
            leases_end(work)
            kills += 1
        else:
            try:
                eventually(lambda: nothing_waits(work))
            finally:
                process.kill()
        process.wait(PATIENCE_S)
        process.stdout.close()
    assert kills == 6
    assert states(work) == {"accepted": 400}
    sent = gateway.sent()
    assert set(sent["per_key"]) == {row["id"] for row in rows(work)}
    assert set(sent["per_key"].values()) == {1}
    assert sent["repeated"] > 0, "no sender died between the gateway's delivery and the writing of it"
    assert len(recorded(work, "message.accepted")) == 400


def test_a_key_that_is_not_on_the_ring_yet_is_waited_for(work: Work, gateway: Gateway) -> None:
    inform(work, opened(team=[], assigned=False))
    other = replace(work, sealer=Sealer.from_text(f"k2:{new_key()}"))
    gateway.sender(other).run_once()
    (row,) = rows(work)
    assert (row["state"], row["reason"]) == ("pending", "seal_broken")
