"""Messages that come again, in another order, or that nobody can read; a gateway that is down."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

from chassis.messaging.publisher import Publisher
from contracts.envelope import BATCH, dump_event, event_document, join_events
from tests.chaos.conftest import NO_SENDING, Chaos, Faultless, NewChaos, same
from tests.waiting import eventually


def test_every_message_delivered_three_times(chaos: Chaos, faultless: Faultless) -> None:
    since = datetime.now(UTC).isoformat()
    good = [line for line in chaos.day if "broken" not in line]
    with chaos.flow():
        pass
    chaos.system.publish(good)
    chaos.system.publish(good, packed=7)
    chaos.system.settled(180)
    for _ in range(2):
        chaos.system.cli("replay", "--since", since)
    same(chaos.settled_outcome(), faultless())


def test_the_day_in_another_order(chaos: Chaos, faultless: Faultless) -> None:
    chaos.day = random.Random(3).sample(chaos.day, len(chaos.day))
    with chaos.flow():
        pass
    same(chaos.settled_outcome(), faultless())


def test_poison_in_the_batches_harms_nobody_else(chaos: Chaos, faultless: Faultless) -> None:
    with chaos.flow() as out:
        publisher = Publisher(chaos.system.broker_url, "poison")
        number = 0
        while not out.wait(0.2):
            for kind in ("arrival.registered", "case.opened"):
                poison = [_poison(kind, number + n) for n in range(3)]
                number += 3
                publisher.send(
                    str(number),
                    "doorstep.events",
                    kind,
                    join_events(map(dump_event, poison)),
                    content_type=BATCH,
                    on_confirmed=lambda _: None,
                )
        publisher.wait()
        publisher.drop()
    found = chaos.settled_outcome()
    dead = [line for service in found["dead"].values() for line in service if "poison" in line]
    assert len(dead) == number
    found["dead"] = {
        service: [line for line in lines if "poison" not in line] for service, lines in found["dead"].items()
    }
    same(found, faultless())


def _poison(kind: str, number: int) -> dict[str, object]:
    return event_document(
        id=f"poison-{number}",
        source="/doorstep/nobody",
        type=kind,
        data={"arrival_id": "not one", "person": 7},
        time=datetime.now(UTC),
        subject="poison",
        aggregateversion=1,
    )


def test_the_sms_gateway_is_down_for_a_while(new_chaos: NewChaos) -> None:
    settings = {k: v for k, v in NO_SENDING.items() if k != "DOORSTEP_SMS_URL"}
    chaos = new_chaos({**settings, "DOORSTEP_SMS_RATE": "1000"}, sms=True)
    chaos.day = chaos.day[:600]
    with chaos.flow(seconds=6):
        time.sleep(2)
        chaos.system.kill("sms")
        time.sleep(4)
        chaos.system.start("sms")
    audit = chaos.system.settled(180)
    states = _message_states(chaos)
    assert set(states) <= {"accepted", "delivered", "suppressed", "cancelled"}, (states, audit)
    sent = chaos.system.sms_sent()
    assert sent, "the simulator counts what it took"


def _message_states(chaos: Chaos) -> dict[str, int]:
    from sqlalchemy import func, select

    from services.notification.tables import messages

    database = chaos.system.database("notification")

    def settled() -> dict[str, int]:
        with database.read() as conn:
            query = select(messages.c.state, func.count()).group_by(messages.c.state)
            states = {state: count for state, count in conn.execute(query)}
        return {} if states.keys() & {"pending", "sending"} else states

    try:
        return eventually(settled, 120, every=0.5)
    finally:
        database.dispose()
