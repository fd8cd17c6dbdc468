"""The metrics of notification: how many messages wait, and how sending ended for the others."""

from datetime import datetime

from prometheus_client import Gauge
from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection

from chassis.figures import Figure, Numbers
from chassis.telemetry import SAME_IN_ALL
from services.notification.channels import CHANNELS
from services.notification.messages import states
from services.notification.messages.columns import channel_names
from services.notification.messages.counters import SENDS, SETTLED
from services.notification.messages.tables import messages

__all__ = ["FIGURES", "HELD", "SENDS", "SETTLED", "WAITING"]

# Waiting messages are few, so they are counted: a gauge. Settled ones are never deleted: a counter.
WAITING = Gauge(
    "doorstep_messages_waiting",
    f"Messages to be sent, or being sent just now, by the channel that is tried {SAME_IN_ALL}",
    ["state", "channel"],
)
HELD = Gauge(
    "doorstep_messages_held",
    f"Messages that wait for a digest, for the morning or for the next day, by the reason {SAME_IN_ALL}",
    ["reason"],
)


def waiting(conn: Connection, _now: datetime) -> Numbers:
    # A literal, so that the planner sees that the partial index holds all of them.
    live = text("state IN ('pending', 'sending')")
    key = (messages.c.state, messages.c.channels, messages.c.channel)
    found: dict[tuple[str, ...], float] = {}
    for state, channels, number, count in conn.execute(select(*key, func.count()).where(live).group_by(*key)):
        labels = (state, channel_names(channels)[number])
        found[labels] = found.get(labels, 0) + count
    return found


def held(conn: Connection, _now: datetime) -> Numbers:
    reason = messages.c.reason
    counted = select(reason, func.count()).where(text("state = 'held'")).group_by(reason)
    return {(why or "unknown",): count for why, count in conn.execute(counted)}


_NAMES = [channel.name for channel in CHANNELS]
FIGURES = (
    Figure(WAITING, waiting, always=tuple((state, name) for state in states.LIVE for name in _NAMES)),
    Figure(
        HELD,
        held,
        always=tuple(
            (why,)
            for why in (
                *(states.FOR_DIGEST, states.NIGHT, states.DAILY_LIMIT, states.NUMBER_LIMIT),
                states.CALL_FIRST,
            )
        ),
    ),
)
for _state in (states.ACCEPTED, states.DELIVERED, states.FAILED, states.UNKNOWN, states.CANCELLED):
    for _name in _NAMES:
        SETTLED.labels(_state, _name)
