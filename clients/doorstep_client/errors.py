"""Errors that come before a single event has an outcome. Each text says what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pika.exceptions

if TYPE_CHECKING:
    from doorstep_client.outcomes import Outcomes


class BrokerError(Exception):
    """The broker cannot be used as asked."""


class BrokerUnreachable(BrokerError):
    """Nobody answers at the address, or the connection broke and did not come back in time."""


class AccessRefused(BrokerError):
    """The broker answered, but not to this user, password or virtual host."""


class QueueMissing(BrokerError):
    """The reply queue does not exist: the publisher is not set up at the broker yet."""


class PublishInterrupted(Exception):
    """The iterable given to `publish_many` raised; `outcomes` says what became of the events before."""

    def __init__(self, outcomes: Outcomes) -> None:
        super().__init__(f"the source of events failed after {len(outcomes)} events")
        self.outcomes = outcomes


_REFUSALS = (
    pika.exceptions.ProbableAuthenticationError,
    pika.exceptions.ProbableAccessDeniedError,
    pika.exceptions.AuthenticationError,
)


_TOLD = re.compile(r"\((\d+)\) '([^']*)'")  # pika quotes the broker's words in its own


def _chain(error: object, depth: int = 0) -> Iterator[BaseException]:
    """pika nests the real reason in workflow errors, as `exceptions` or as an argument."""
    if not isinstance(error, BaseException) or depth > 6:
        return
    yield error
    inner = [
        *getattr(error, "exceptions", ()),
        getattr(error, "exception", None),
        *error.args,
        error.__cause__,
    ]
    for nested in inner:
        yield from _chain(nested, depth + 1)


def is_refusal(error: BaseException) -> bool:
    """Waiting will not help: the credentials or the virtual host are wrong."""
    for found in _chain(error):
        if isinstance(found, _REFUSALS):
            return True
        if isinstance(found, pika.exceptions.ConnectionClosedByBroker) and found.reply_code in (403, 530):
            return True
    return False


def in_words(error: BaseException | None) -> str:
    """The innermost reason in one line."""
    if error is None:
        return "connection closed"
    chain = list(_chain(error))
    for found in chain:
        if isinstance(found, pika.exceptions.ConnectionClosed | pika.exceptions.ChannelClosed):
            return f"{found.reply_code} {found.reply_text}"
    for found in chain:
        if isinstance(found, _REFUSALS) and (told := _TOLD.search(str(found))):
            return f"{told[1]} {told[2]}"
    for found in chain:
        if isinstance(found, OSError) and found.strerror:
            return found.strerror
    for found in reversed(chain):
        if str(found) and not isinstance(found.args[0] if found.args else None, BaseException):
            return f"{type(found).__name__}: {found}".splitlines()[0][:300]
    return type(error).__name__
