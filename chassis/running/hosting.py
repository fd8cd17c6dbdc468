"""nameko as a thin host: a service class with one entrypoint for each handler and each chore.

nameko's own consumers and timers are not used: they ack failed messages, log bodies and lose acks on stop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import eventlet
import structlog
from eventlet import GreenPool
from eventlet.event import Event as Flag
from eventlet.timeout import Timeout
from nameko.extensions import Entrypoint

from chassis.clock import Clock
from chassis.handlers import Map, Service
from chassis.messaging.consumer import BatchConsumer
from chassis.messaging.outbox import Outbox
from chassis.messaging.publisher import Publisher
from chassis.messaging.topology import Declared, consumed_queues
from chassis.running.housekeeping import Chore, chores, loops
from chassis.settings import Settings
from chassis.telemetry import begin_at_zero, describe_error
from chassis.unit_of_work import Work
from contracts.registry import EVENT_TYPES

# The longest time from SIGTERM to exit. The container's stop grace is longer.
DRAIN_S = 18
# A clock that demos and tests set is looked at so often.
LOOK_AT_CLOCK_S = 0.5
# So many batches each handler can do between two turns of a busy chore.
GIVES_WAY = 4

log = structlog.get_logger()


class Consumes(Entrypoint):  # type: ignore[misc]  # nameko ships no types
    """Runs a batching consumer in a thread of the container; stopping waits until it has drained."""

    def __init__(self, consumer: BatchConsumer, **options: Any) -> None:
        super().__init__(**options)
        self._consumer = consumer
        self._left: Flag | None = None

    def start(self) -> None:
        self._left = Flag()
        self.container.spawn_managed_thread(self._run, identifier=self._consumer.queue)

    def _run(self) -> None:
        assert self._left is not None
        try:
            self._consumer.run()
        finally:
            self._left.send()

    def stop(self) -> None:
        self._consumer.stop()
        _wait(self._left, self._consumer.queue)


class ClockWatch(Entrypoint):  # type: ignore[misc]  # nameko ships no types
    """Wakes whoever waits when the field's clock is set: one looks at it for all timers of the process.

    Only demos and tests set a clock. Where none can be set, nobody looks.
    """

    def __init__(self, clock: Clock, waiting: set[Flag], **options: Any) -> None:
        super().__init__(**options)
        self._clock, self._waiting = clock, waiting
        self._stopping = Flag()

    def start(self) -> None:
        if self._clock.can_be_set:
            self.container.spawn_managed_thread(self._run, identifier="clock")

    def _run(self) -> None:
        setting = self._clock.setting()
        while not self._stopping.wait(timeout=LOOK_AT_CLOCK_S):
            if (found := self._clock.setting()) != setting:
                setting = found
                for flag in tuple(self._waiting):
                    _raise(flag)

    def stop(self) -> None:
        self._stopping.send(True)


class Repeats(Entrypoint):  # type: ignore[misc]  # nameko ships no types
    """Does a chore every so often until the container stops."""

    def __init__(self, chore: Chore, waiting: set[Flag], **options: Any) -> None:
        """:param waiting: of the process; who is in it is woken when the clock is set."""
        super().__init__(**options)
        self._chore = chore
        self._waiting = waiting
        self._stopping = False
        self._woken = Flag()
        self._left: Flag | None = None

    def start(self) -> None:
        self._left = Flag()
        self.container.spawn_managed_thread(self._run, identifier=self._chore.name)

    def _run(self) -> None:
        assert self._left is not None
        try:
            while not self._stopping:
                if self._chore.once():
                    self._give_way()
                else:
                    self._chore.pause(self._wait)
            self._chore.leave()
        except Exception as error:
            log.warning("chore_left_without_cleaning_up", chore=self._chore.name, error=describe_error(error))
        finally:
            self._left.send()

    def _give_way(self) -> None:
        """Database drivers do not yield: a busy chore would hold up the handlers and SIGTERM.

        A turn takes as long as several batches, and a handler does one each time that it can go on.
        """
        eventlet.sleep(self._chore.rest_s)
        for _ in range(GIVES_WAY):
            eventlet.sleep(0)

    def _wait(self, seconds: float) -> bool:
        if not self._stopping:
            self._woken = Flag()
            self._waiting.add(self._woken)
            self._woken.wait(timeout=seconds)
            self._waiting.discard(self._woken)
        return self._stopping

    def stop(self) -> None:
        self._stopping = True
        _raise(self._woken)
        _wait(self._left, self._chore.name)


def host(service: Service, work: Work, settings: Settings) -> tuple[type, list[BatchConsumer], list[Chore]]:
    """Return the nameko service class, its consumers, which know whether they are ready, and its chores,
    which know whether they fail.

    Raises SettingsError.
    """
    for check in service.checks:
        check()
    members: dict[str, Any] = {"name": service.name}
    consumers: list[BatchConsumer] = []
    named: list[Chore] = []
    begin_at_zero([handler.queue(service.name) for handler in service.handlers], EVENT_TYPES)
    declared = Declared(service, settings.retry_delays)
    waiting: set[Flag] = set()
    for handler in service.handlers:
        for queue in consumed_queues(service.name, handler):
            outbox = Outbox(Publisher(settings.broker_url, queue))
            own = replace(work, outlet=outbox)
            consumer = BatchConsumer(service, handler, own, outbox, settings, queue, declared)
            consumers.append(consumer)
            name = queue.rpartition(".")[2]
            members[name] = _method(name, Consumes.decorator(consumer))
    for chore in [*chores(service, work, settings), *loops(service, work, settings, _green_map)]:
        short = chore.name.rpartition(".")[2]
        own_name = replace(chore, name=f"{service.name}.{short}")  # as handlers are, in metrics and logs
        own_name.show_from_the_start()
        named.append(own_name)
        members[f"every_{short}"] = _method(f"every_{short}", Repeats.decorator(own_name, waiting))
    members["at_the_clock"] = _method("at_the_clock", ClockWatch.decorator(work.clock, waiting))
    return type(f"{service.name.title()}Service", (), members), consumers, named


def _green_map(at_once: int) -> Map:
    """A `map` whose calls wait for the network side by side, in green threads."""
    several: Map = GreenPool(at_once).imap
    return several


def _method(name: str, decorator: Callable[[Any], Any]) -> Any:
    """nameko finds an entrypoint as a mark on a method."""

    def method(self: object) -> None:
        raise NotImplementedError("entrypoints of the chassis run their use case themselves")

    method.__name__ = name
    return decorator(method)


def _raise(flag: Flag) -> None:
    if not flag.ready():
        flag.send()


def _wait(flag: Flag | None, name: str) -> None:
    if flag is None:
        return
    with Timeout(DRAIN_S, False):
        flag.wait()
        return
    log.warning("did_not_drain", part=name, seconds=DRAIN_S)
