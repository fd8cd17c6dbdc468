"""Other systems hand over events to the broker, again with the same ids until it has taken all of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from demo.days.patience import AGAIN_S, PATIENCE_S
from doorstep_client import BrokerError, Publisher
from operations.databases import settings_of
from operations.errors import BrokerRefused


def publish_all(service: str, events: Sequence[dict[str, Any]], name: str | None = None) -> None:
    """:param service: whose broker it is.
    :param name: of the publisher, where the events do not say it.

    Raises BrokerRefused where the broker stays away, or refuses one of them.
    """
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            with Publisher(settings_of(service).broker_url, name, closing_counts=False) as publisher:
                outcomes = publisher.publish_many(events)
            why = "" if outcomes.complete else f"the broker did not take all of it: {outcomes.counts()}"
        except BrokerError as error:
            why = str(error)
        if not why:
            return
        if time.monotonic() > deadline:
            raise BrokerRefused(why)
        time.sleep(AGAIN_S)
