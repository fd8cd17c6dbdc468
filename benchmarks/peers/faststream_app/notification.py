from __future__ import annotations

import asyncio

from faststream import AckPolicy, FastStream
from faststream.rabbit.annotations import RabbitMessage

from benchmarks.peers.faststream_app.connections import broker, engine, events, new_session, queue
from benchmarks.peers.faststream_app.schemas import CaseOpened
from benchmarks.peers.first_steps import messages
from benchmarks.peers.tables import Message

app = FastStream(broker, after_shutdown=[engine.dispose])


@broker.subscriber(queue("notification.queue_messages", "case.opened"), events, ack_policy=AckPolicy.MANUAL)
async def queue_messages(case: CaseOpened, message: RabbitMessage) -> None:
    texts = messages(case.name, case.phone or "", case.days, case.release_on.isoformat(), case.address or "")
    async with new_session.begin() as session:
        session.add_all(Message(case_id=case.case_id, arrival_id=case.arrival_id, **text) for text in texts)
    await message.ack()


if __name__ == "__main__":
    asyncio.run(app.run())
