"""The broker and the sessions of one service, with the settings a service under load would have."""

from __future__ import annotations

import logging
import os

from faststream.rabbit import Channel, ExchangeType, QueueType, RabbitBroker, RabbitExchange, RabbitQueue
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

PREFETCH = 50
# One for each message in hand: SQLAlchemy's default of 5 + 10 opens and closes connections all the time.
CONNECTIONS = PREFETCH

# Publisher confirms are on by default. FastStream logs two lines a message at INFO: not here.
broker = RabbitBroker(
    os.environ.get("AMQP_URI", "amqp://guest:guest@localhost/"),
    default_channel=Channel(prefetch_count=PREFETCH),
    log_level=logging.DEBUG,
)
engine = create_async_engine(
    os.environ.get("DATABASE_URI", "postgresql+asyncpg://localhost/arrivals"),
    pool_size=CONNECTIONS,
    max_overflow=0,
)
new_session: async_sessionmaker[AsyncSession] = async_sessionmaker(engine, expire_on_commit=False)
events = RabbitExchange("events", type=ExchangeType.TOPIC, durable=True)


def queue(name: str, routing_key: str) -> RabbitQueue:
    return RabbitQueue(name, queue_type=QueueType.QUORUM, durable=True, routing_key=routing_key)
