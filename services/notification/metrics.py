"""What `/metrics` shows of notification: what waits to be sent, and what became of the rest."""

from datetime import datetime

from prometheus_client import Counter, Gauge
from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection

from chassis.running.figures import Figure, Found
from chassis.telemetry import SAME_IN_ALL
from services.notification.messages import states
from services.notification.tables import messages

SENDS = Counter("doorstep_sends_total", "Attempts to send a message", ["channel", "answer"])

# What waits is few and counted. What is settled is all there ever was, too much to count again and again: it
# is told as it happens.
LIVE = (states.PENDING, states.SENDING)
WAITING = Gauge(
    "doorstep_messages_waiting",
    f"Messages to be sent, or being sent just now, by the channel that is tried {SAME_IN_ALL}",
    ["state", "channel"],
)
SETTLED = Counter(
    "doorstep_messages_settled_total",
    "Messages that came into a state they wait in no more",
    ["state", "channel"],
)


def waiting(conn: Connection, _now: datetime) -> Found:
    # A literal, so that the planner sees that the partial index holds all of them.
    live = text("state IN ('pending', 'sending')")
    key = (messages.c.state, messages.c.channels, messages.c.channel)
    found: dict[tuple[str, ...], float] = {}
    for state, channels, number, count in conn.execute(select(*key, func.count()).where(live).group_by(*key)):
        labels = (state, channels.split(",")[number])
        found[labels] = found.get(labels, 0) + count
    return found


FIGURES = (Figure(WAITING, waiting, always=tuple((state, "sms") for state in LIVE)),)
for _state in (states.ACCEPTED, states.DELIVERED, states.FAILED, states.UNKNOWN, states.CANCELLED):
    SETTLED.labels(_state, "sms")
