"""Chores of every service: renew leases, sweep the outbox, drain dead queues, delete old rows, seal trails,
read figures. One of the services sends the canaries of the retry queues.

A service's timers and loops run as chores too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from chassis import inbox, stuck_rows
from chassis.certificates import CERTIFICATE_ENDS, Certificates
from chassis.clock import Clock
from chassis.database.leases import LASTING, RENEW_EVERY_S, Leases
from chassis.database.tables import TABLES
from chassis.errors import is_world_away
from chassis.figures import Figure, Numbers
from chassis.handlers import Map, Service, Timer
from chassis.messaging import canary, outbox
from chassis.messaging.dead_queues import DeadQueueDrain
from chassis.messaging.emptied_letters import empty_settled
from chassis.messaging.outbox import Outbox
from chassis.messaging.publisher import Publisher
from chassis.one_by_one import FAILED, OneByOne
from chassis.running.figures import EVERY_S, Reader
from chassis.settings import Settings
from chassis.telemetry import (
    CHORE_EVERY,
    CHORE_FAILURES,
    CHORE_SUCCEEDED,
    DEAD_WAITING,
    OUTBOX_OLDEST,
    OUTBOX_PENDING,
    STUCK_ROWS,
    TIMER_DONE,
    WORLD_AWAY,
    describe_error,
)
from chassis.trails import Sealing
from chassis.unit_of_work import UnitOfWork, Work

Do = Callable[[], int | None]

# People at a door, and whoever is told of what they did, wait so long at the most.
DOOR_EVERY_S = 0.2
# A restart of the broker or the database is over by then; who waits longer says so in /readyz. Consumers may
# know nothing of it: from a broker whose disk was full they get no message and no error.
AWAY_LONG_S = 60.0

_DEAD = TABLES["dead_letters"].c

log = structlog.get_logger()


@dataclass
class Chore:
    """Work that is done again and again. A failure is logged, and the next turn tries again.

    `do` returns how much it did; more than 0 means again after `rest_s`. FAILED: again, but without success.
    None: another replica does it.
    """

    name: str
    every_s: float
    do: Do
    leave: Callable[[], object] = lambda: None
    """Called at the end: gives leases back, so that another replica can go on."""
    rest_s: float = 0
    """Between two turns of which the first had something to do: handlers must not wait for it every time."""
    clock: Clock | None = None
    """Of a chore that goes by the time of the field: it is done at once when that is set."""
    trouble: str = ""
    """Why the last turn failed, where the fault is the work's, or how long it has waited for the world."""
    away_since: float | None = None
    """Since when each turn has had to wait for the database or the broker, by the monotonic clock."""
    _setting: object = None
    _again_soon: bool = False
    """In the last turn another replica did it, or the database or the broker was away."""

    def once(self) -> int:
        if self.clock is not None:
            self._setting = self.clock.setting()
        try:
            done = self.do()
        except Exception as error:
            self._again_soon = is_world_away(error)
            if self._again_soon:
                WORLD_AWAY.labels(self.name).inc()  # a service without events would not notice it
                log.warning("chore_waits", chore=self.name, error=type(error).__name__)
                self._wait_for_the_world(type(error).__name__)
            else:
                CHORE_FAILURES.labels(self.name).inc()
                self.trouble = f"fails: {describe_error(error)}"
                log.error("chore_failed", chore=self.name, error=describe_error(error))
            return 0
        self.trouble, self.away_since, self._again_soon = "", None, done is None
        if done is not None and done != FAILED:
            CHORE_SUCCEEDED.labels(self.name).set_to_current_time()
        return abs(done or 0)

    def _wait_for_the_world(self, error: str) -> None:
        now = time.monotonic()
        self.away_since = self.away_since or now
        waits = now - self.away_since
        if waits > AWAY_LONG_S:
            self.trouble = f"has waited {waits:.0f} s for the broker or its database ({error})"

    def show_from_the_start(self) -> None:
        """In metrics, also before the first turn."""
        WORLD_AWAY.labels(self.name)
        CHORE_FAILURES.labels(self.name)
        CHORE_EVERY.labels(self.name).set(self.every_s)
        CHORE_SUCCEEDED.labels(self.name).set_to_current_time()

    def pause(self, wait: Callable[[float], bool]) -> None:
        """Wait for the next turn, which comes at once when the clock was set since the last one began.

        What another replica does is asked for again soon, however seldom it is done: that one may have died.

        :param wait: waits so many seconds, or until the clock is set, and returns whether to stop.
        """
        every_s = min(self.every_s, LASTING.total_seconds()) if self._again_soon else self.every_s
        until = time.monotonic() + every_s
        while (left := until - time.monotonic()) > 0:
            if self.clock is not None and self.clock.setting() != self._setting:
                return
            if wait(left):
                return


def chores(service: Service, work: Work, settings: Settings) -> list[Chore]:
    """The chassis' own chores and the service's timers."""
    sweeper = Publisher(settings.broker_url, f"{service.name} sweep")
    left_behind = outbox.Sweep(work.database, sweeper)
    sender = Publisher(settings.broker_url, f"{service.name} door")
    of_door = outbox.Sweep(work.database, sender, of_door=True)
    waits = outbox.DoorWaits(work.database)
    drain = DeadQueueDrain(service, work, settings)

    leases = Leases(work.database)

    def sweep() -> int | None:
        sweeper.beat()
        return left_behind.turn() if leases.take("sweep") else None

    def send() -> int:
        # Without a lease: a row that two replicas send is absorbed.
        sender.beat()
        return of_door.turn() if waits.ask() else 0

    forget = _forgetting(f"{service.name}.forget", work, settings)
    sealing = Sealing(work, service.trails)
    shown = _own_figures(service)
    if settings.certificates:
        shown.append(Figure(CERTIFICATE_ENDS, Certificates(settings.certificates).ends))
    figures = Reader(work.database, work.clock, shown, while_asked=service.figures)

    return [
        Chore("leases", RENEW_EVERY_S, leases.renew),
        Chore("sweep", 2, sweep, partial(leases.give_back, "sweep")),
        Chore("door", DOOR_EVERY_S, send, waits.leave),
        Chore("dead_letters", 10, drain.drain),
        Chore("forget", 60, forget, rest_s=0.5),
        Chore("trails", 60, sealing.turn, sealing.leave, rest_s=0.5),
        Chore("figures", EVERY_S, figures.read),
        *(_timer(service, timer, work, settings, leases) for timer in service.timers),
        *((_canary(service, settings, leases),) if service.canary else ()),
    ]


def _canary(service: Service, settings: Settings, leases: Leases) -> Chore:
    canaries = canary.Canaries(settings.broker_url, settings.retry_delays)
    name = f"{service.name}.canary"

    def once() -> int | None:
        if not leases.take(name):
            canaries.leave_it()
            return None
        canaries.turn()
        return 0

    def leave() -> None:
        canaries.leave_it()
        leases.give_back(name)

    return Chore("canary", canary.LOOK_EVERY_S, once, leave)


def _forgetting(chore: str, work: Work, settings: Settings) -> Do:
    rows = OneByOne(chore, work)

    def old_ones(uow: UnitOfWork) -> int:
        gone = inbox.forget_old(uow.conn, settings.inbox_days, taking=uow.taking)
        gone += outbox.forget_old(uow.conn, settings.outbox_days, taking=uow.taking)
        return gone + empty_settled(uow.conn, uow.sealer, taking=uow.taking)

    def forget() -> int:
        return rows.outcome(rows.run(old_ones) or 0)

    return forget


def loops(service: Service, work: Work, settings: Settings, map_of: Callable[[int], Map]) -> list[Chore]:
    """The service's loops, except those that the settings switch off. Raises SettingsError.

    :param map_of: makes the `map` of a loop; gets how many calls it may run at the same time.
    """
    made = []
    for loop in service.loops:
        name = f"{service.name}.{loop.name}"
        own, settled = publishing(work, settings, name)
        turn = loop.make(own, map_of(loop.at_once))
        if turn is not None:
            made.append(Chore(name, loop.every.total_seconds(), settled(turn), clock=work.clock))
    return made


def _own_figures(service: Service) -> list[Figure]:
    """Figures of the chassis' tables. The sweep cannot count the outbox: it fails while that grows."""
    name = (service.name,)
    queues = tuple((handler.queue(service.name),) for handler in service.handlers)
    return [
        Figure(DEAD_WAITING, _waiting, always=queues),
        Figure(OUTBOX_PENDING, lambda conn, _now: {name: outbox.pending(conn)[0]}),
        Figure(OUTBOX_OLDEST, lambda conn, _now: {name: outbox.pending(conn)[1]}),
        Figure(STUCK_ROWS, _stuck, always=tuple((chore,) for chore in _that_take_rows(service))),
    ]


def _waiting(conn: Connection, _now: datetime) -> Numbers:
    counted = select(_DEAD.handler, func.count()).where(_DEAD.state == "waiting").group_by(_DEAD.handler)
    return {(handler,): count for handler, count in conn.execute(counted)}


def _stuck(conn: Connection, _now: datetime) -> Numbers:
    return {(chore,): count for chore, count in stuck_rows.count_by_chore(conn).items()}


def stuck_by_chore() -> dict[str, str]:
    """What is set aside, as it was read last: chore -> a few words."""
    return {
        sample.labels["chore"]: f"{sample.value:.0f} rows are set aside: see `doorstep stuck list`"
        for metric in STUCK_ROWS.collect()
        for sample in metric.samples
        if sample.value
    }


def _that_take_rows(service: Service) -> list[str]:
    names = (*(timer.name for timer in service.timers), *(loop.name for loop in service.loops))
    return [f"{service.name}.{name}" for name in names]


def publishing(work: Work, settings: Settings, name: str) -> tuple[Work, Callable[[Do], Do]]:
    """Return work that publishes over a connection of its own, and a wrapper for the functions that use it.

    A wrapped function waits for the confirms and marks them, because its next turn may be a long time away.
    """
    outlet = Outbox(Publisher(settings.broker_url, name))
    own = replace(work, outlet=outlet)

    def settled(do: Do) -> Do:
        def once() -> int | None:
            outlet.publisher.beat()
            done = do()
            outlet.settle()
            if outlet.has_news():
                own.write_marks()
            return done

        return once

    return own, settled


def _timer(service: Service, timer: Timer, work: Work, settings: Settings, leases: Leases) -> Chore:
    """Return the chore that runs a timer under its lease."""
    name = f"{service.name}.{timer.name}"
    own, settled = publishing(work, settings, name)
    rows = OneByOne(name, own)

    def once() -> int | None:
        if not leases.take(name):
            return None
        done = rows.run(timer.use_case) or 0
        if done:
            TIMER_DONE.labels(name).inc(done)
        return rows.outcome(done)

    every = timer.every.total_seconds()
    leave = partial(leases.give_back, name)
    return Chore(name, every, settled(once), leave, rest_s=timer.rest_s, clock=work.clock)
