"""What somebody does about a dead letter, by what happened to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_REPLAY = "replay it; nothing was wrong with it"

_BY_DEATH = {
    "expired": f"see that the service runs, and that no policy sets `message-ttl`; then {_REPLAY}",
    "delivery_limit": "look for crashes in the service's log, mend it, then replay",
    "rejected": f"{_REPLAY}. Find out who else reads this queue (`rabbitmqctl list_consumers`)",
    "maxlen": f"{_REPLAY}. Take the limit away (`rabbitmqctl list_policies`)",
}

# The first words that stand in the error decide.
_BY_ERROR = (
    ("holds the number of a document", "ask its publisher for other ids; it sends anew, discard this one"),
    ("given up by the broker", "look at the broker's log, then replay"),
    ("came before with other content", "ask its publisher: what is new needs a new id; discard this one"),
    ("breaks its contract", "mend the publisher or the contract; it sends again, or you replay"),
    ("refused (", "mend what it names, then replay; discard what is no longer wanted"),
    ("unknown version", "upgrade the service, then replay"),
    ("unknown event type", "ask its publisher; discard what nobody takes"),
    ("content_encoding", "ask its publisher to send it unpacked, or by gzip or deflate; discard this one"),
    ("charset", "ask its publisher to send it in UTF-8; discard this one"),
    ("UTF-", "ask its publisher to send it in UTF-8; discard this one"),
    ("unpacks to over", "ask its publisher to send less in a message; discard this one"),
    ("body is", "ask its publisher to send it anew; discard this one"),
    ("content type must be", "ask its publisher to set the content type; discard this one"),
)
_ELSE = "look for it in the service's log, mend the cause, then replay"


def advice(row: Mapping[str, Any]) -> str:
    """One sentence for the operator. `row`: of `dead_letters`."""
    if row["death"] in _BY_DEATH:
        return _BY_DEATH[row["death"]]
    error = row["error"]
    if "cannot be read" not in error and row["event_id"] and error.startswith(("time", "data", "texts")):
        return "ask its publisher to mend it and send it anew; discard this one"
    return next((what for words, what in _BY_ERROR if words in error), _ELSE)
