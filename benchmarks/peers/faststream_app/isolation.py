from __future__ import annotations

import asyncio
from datetime import timedelta

from faststream import AckPolicy, FastStream
from faststream.rabbit.annotations import RabbitMessage

from benchmarks.peers.faststream_app.connections import broker, engine, events, new_session, queue
from benchmarks.peers.faststream_app.schemas import ArrivalRegistered, CaseOpened
from benchmarks.peers.first_steps import DAYS, MEASURE, first_tasks
from benchmarks.peers.tables import Case, Task

app = FastStream(broker, after_shutdown=[engine.dispose])


@broker.subscriber(queue("isolation.open_case", "arrival.registered"), events, ack_policy=AckPolicy.MANUAL)
async def open_case(arrival: ArrivalRegistered, message: RabbitMessage) -> None:
    release_on = arrival.arrived_at.date() + timedelta(days=DAYS)
    case = Case(
        arrival_id=arrival.arrival_id,
        name=arrival.name,
        phone=arrival.phone,
        address=arrival.address,
        state="open",
        measure=MEASURE,
        days=DAYS,
        release_on=release_on,
        tasks=[Task(**task) for task in first_tasks(arrival.arrived_at)],
    )
    async with new_session.begin() as session:
        session.add(case)
    await broker.publish(
        CaseOpened(
            case_id=case.id,
            arrival_id=arrival.arrival_id,
            name=arrival.name,
            phone=arrival.phone,
            address=arrival.address,
            days=DAYS,
            release_on=release_on,
        ),
        exchange=events,
        routing_key="case.opened",
        persist=True,
    )
    await message.ack()


if __name__ == "__main__":
    asyncio.run(app.run())
