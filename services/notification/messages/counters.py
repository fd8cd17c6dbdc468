"""Counters of sending."""

from prometheus_client import Counter

SENDS = Counter("doorstep_sends_total", "Attempts to send a message", ["channel", "answer"])
SETTLED = Counter(
    "doorstep_messages_settled_total",
    "Messages that no longer wait, by the state they came into",
    ["state", "channel"],
)
