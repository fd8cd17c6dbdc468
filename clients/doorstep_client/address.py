"""The broker's URL."""

from __future__ import annotations

from typing import Any

import pika


def read_address(url: str) -> Any:
    """pika's parameters. Raises ValueError; pika itself would take any scheme for amqp."""
    if not url.startswith(("amqp://", "amqps://")):
        raise ValueError("the broker's URL must begin with amqp:// or amqps://")
    return pika.URLParameters(url)
