"""Other systems hand over events to the broker, again with the same ids until it has taken all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from demo.days.patience import until_it_answers
from doorstep_client import BrokerError, Publisher
from operations.databases import settings_of
from operations.errors import BrokerRefused


def publish_all(service: str, events: Sequence[dict[str, Any]], name: str | None = None) -> None:
    """:param service: whose broker it is.
    :param name: of the publisher, where the events do not say it.

    Raises BrokerError or BrokerRefused where the broker stays away, or refuses one of them.
    """

    def publish() -> None:
        with Publisher(settings_of(service).broker_url, name, closing_counts=False) as publisher:
            outcomes = publisher.publish_many(events)
        if not outcomes.complete:
            raise BrokerRefused(f"the broker did not take all of it: {outcomes.counts()}")

    until_it_answers(publish, lambda error: isinstance(error, BrokerError | BrokerRefused))
