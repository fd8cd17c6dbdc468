from __future__ import annotations

import asyncio

from faststream import AckPolicy, FastStream
from faststream.rabbit.annotations import RabbitMessage

from benchmarks.peers.faststream_app.connections import broker, engine, events, new_session, queue
from benchmarks.peers.faststream_app.schemas import ArrivalRegistered, ArrivalReported, as_json
from benchmarks.peers.tables import Arrival

app = FastStream(broker, after_shutdown=[engine.dispose])


@broker.subscriber(
    queue("registration.register_arrival", "arrival.reported"), events, ack_policy=AckPolicy.MANUAL
)
async def register_arrival(event: ArrivalReported, message: RabbitMessage) -> None:
    report = event.data
    arrival = Arrival(
        event_id=event.id,
        source=event.source,
        source_kind=report.source_kind,
        reference=report.reference,
        name=report.person.name,
        identity_type=report.person.identity_type,
        identity_number=report.person.identity_number,
        phone=report.person.phone,
        stops=as_json(report.stops),
        transport=report.transport.model_dump() if report.transport else None,
        arrived_at=report.arrival.at,
        expected=report.arrival.expected,
        division=report.destination.division,
        address=report.destination.address,
        language=report.language,
        remarks=report.remarks,
    )
    async with new_session.begin() as session:
        session.add(arrival)
    await broker.publish(
        ArrivalRegistered(
            arrival_id=arrival.id,
            name=arrival.name,
            phone=arrival.phone,
            address=arrival.address,
            arrived_at=arrival.arrived_at,
        ),
        exchange=events,
        routing_key="arrival.registered",
        persist=True,
    )
    await message.ack()


if __name__ == "__main__":
    asyncio.run(app.run())
