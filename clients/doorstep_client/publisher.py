"""The door for publishers: hand over events, get an outcome for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self

from doorstep_client.closing import TIME_LIMIT as CLOSING_LIMIT
from doorstep_client.closing import Closing
from doorstep_client.errors import PublishInterrupted
from doorstep_client.link import Link, Parcel
from doorstep_client.outcomes import Outcome, Outcomes, Standing
from doorstep_client.packing import Member, Message, Packer, Raw, Unpublishable

EXCHANGE = "doorstep.inbound"


class Publisher:
    """Publishes events under one publisher's name. Use it in a `with` block; threads may share it.

    Each goes out under its own type, and the broker takes those that you may publish.

    publisher           your name at the broker, also the first part of each event's `source`. None: taken
                        from each event's source (for gateways that may publish under several names).
    events_per_message  events packed into one message by `publish_many` and `stream`; 1 = never packed.
    window              messages on their way before a confirm is waited for.
    time_limit          seconds until a message's outcome is given, whatever happens: a broker that is away,
                        restarting, silent or out of memory included.
    connect_limit       seconds that entering the block waits for the broker.
    closing_counts      say on leaving the block how many arrivals of each source and day the broker took:
                        Doorstep's audit notices a loss on the way. A user without that right goes on without.
    """

    def __init__(
        self,
        url: str,
        publisher: str | None = None,
        *,
        exchange: str = EXCHANGE,
        events_per_message: int = 50,
        window: int = 40,
        time_limit: float = 30.0,
        connect_limit: float = 10.0,
        closing_counts: bool = True,
    ) -> None:
        Packer(publisher, events_per_message)  # wrong settings are told here, not at the first event
        if window < 1 or time_limit <= 0:
            raise ValueError("window must be at least 1 and time_limit above 0")
        self._publisher = publisher
        self._events_per_message = events_per_message
        self._window = window
        self._time_limit = time_limit
        self._connect_limit = connect_limit
        name = f"doorstep-client {publisher or 'several publishers'}"
        self._link_settings: dict[str, Any] = {
            "exchange": exchange,
            "window": window,
            "time_limit": time_limit,
            "name": name,
        }
        self._url = url
        self._link: Link | None = None
        self._closing = Closing(self._closing_link) if closing_counts else None

    def open(self) -> None:
        """Raises BrokerUnreachable or AccessRefused."""
        if self._link is None:
            link = Link(self._url, **self._link_settings)
            link.open(self._connect_limit)
            self._link = link

    def close(self) -> None:
        self.say_counts()
        if self._link is not None:
            self._link.close()
            self._link = None

    def say_counts(self) -> int:
        """Say how many events of each source and day were taken since the last time; `close` does it, too.

        For programs that keep the block open for days. Returns how many counts the broker took.
        """
        return self._closing.say() if self._closing else 0

    def _closing_link(self) -> Link:
        name = f"{self._link_settings['name']} counts"
        return Link(self._url, **(self._link_settings | {"name": name, "time_limit": CLOSING_LIMIT}))

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def publish(self, event: Mapping[str, Any] | Raw) -> Outcome:
        """One event in one message; returns when the broker has it or the time limit is over."""
        return next(iter(self._stream([event], 1)))

    def publish_many(self, events: Iterable[Mapping[str, Any] | Raw]) -> Outcomes:
        """All of them, packed and in windows; one outcome per event, in their order.

        If the iterable itself raises, PublishInterrupted carries the outcomes of what came before.
        """
        found = Outcomes()
        failure: list[Exception] = []

        def guarded() -> Iterator[Mapping[str, Any] | Raw]:
            try:
                yield from events
            except Exception as error:
                failure.append(error)

        found.extend(self.stream(guarded()))
        found.sort(key=lambda outcome: outcome.position)
        if failure:
            raise PublishInterrupted(found) from failure[0]
        return found

    def stream(self, events: Iterable[Mapping[str, Any] | Raw]) -> Iterator[Outcome]:
        """Like `publish_many` for what does not fit in memory: outcomes as they become known.

        Once an event is given up (unsent or unknown), those that follow in this call are unsent at once.
        Lazy: nothing is published unless the outcomes are read.
        """
        return self._stream(events, self._events_per_message)

    def _stream(
        self, events: Iterable[Mapping[str, Any] | Raw], events_per_message: int
    ) -> Iterator[Outcome]:
        if self._link is None:
            raise RuntimeError("the publisher is not open: use it in a with block")
        link = self._link
        settled: SimpleQueue[Parcel] = SimpleQueue()
        under_way = 0
        given_up: str | None = None
        for message in self._messages(events, events_per_message):
            if isinstance(message, Outcome):
                yield message
                continue
            while under_way and (under_way >= self._window or not settled.empty()):
                parcel = self._next(settled)
                given_up = given_up or _given_up(parcel)
                yield from self._settled(parcel)
                under_way -= 1
            if given_up is None:
                link.submit(message, settled)
                under_way += 1
            else:  # else a broker that is stuck would cost one time limit for each window
                yield from _outcomes(message, Standing.UNSENT, given_up)
        while under_way:
            yield from self._settled(self._next(settled))
            under_way -= 1

    def _settled(self, parcel: Parcel) -> Iterator[Outcome]:
        if self._closing and parcel.standing is Standing.ACCEPTED:
            self._closing.count(parcel.message.members)
        return _outcomes(parcel.message, parcel.standing, parcel.reason)

    def _messages(
        self, events: Iterable[Mapping[str, Any] | Raw], events_per_message: int
    ) -> Iterator[Message | Outcome]:
        packer = Packer(self._publisher, events_per_message)
        for event in events:
            try:
                yield from packer.add(event)
            except Unpublishable as error:
                yield _outcome(error.member, Standing.REFUSED, str(error))
        yield from packer.rest()

    def _next(self, settled: SimpleQueue[Parcel]) -> Parcel:
        try:
            return settled.get(timeout=self._time_limit + 30)
        except Empty:  # the link settles every parcel in time; this is the net under it
            raise RuntimeError("the connection's thread does not answer") from None


def _given_up(parcel: Parcel) -> str | None:
    if parcel.standing in (Standing.UNSENT, Standing.UNKNOWN):
        return f"not tried, for one before it was given up: {parcel.reason}"
    return None


def _outcomes(message: Message, standing: Standing | None, reason: str | None) -> Iterator[Outcome]:
    assert standing is not None
    for member in message.members:
        yield _outcome(member, standing, reason)


def _outcome(member: Member, standing: Standing, reason: str | None) -> Outcome:
    return Outcome(member.position, member.publisher, member.id, member.source, standing, reason, member.type)
