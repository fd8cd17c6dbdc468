"""Rest: nothing waits in outboxes and queues, all messages are out, and no timer finds anything to do.

How long that takes is a matter of the machine. Whoever sets the clock waits for it, before people act and
before the clock goes on: so the days end the same on a busy machine, and on each kind of database.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import requests

from chassis.clock import Clock
from chassis.errors import is_world_away
from deploy.local.system import LocalSystem, Stopped
from operations.audit.waiting_messages import waiting
from operations.counts import progress
from operations.services import SERVICES, timers_and_loops

PATIENCE_S: Final = 120.0
_LOOK_EVERY_S: Final = 0.3
_WAKE_EVERY_S: Final = 2.0
"""The timers of a process that died go on as soon as its lease is over."""
_WORK: Final = ("doorstep_timer_done_total", "doorstep_messages_total", "process_start_time_seconds")
"""One of the sums of these is another one where anything was done, or somebody died."""
_TURN: Final = "doorstep_chore_last_success_timestamp_seconds"
# Parsed by hand: prometheus_client's parser takes as long as the whole rest of the wait.
_LINE: Final = re.compile(
    rf'^({"|".join((*_WORK, _TURN))})(?:{{(?:chore="([^"]+)")?.*}})? (\S+)$', re.MULTILINE
)


@dataclass(frozen=True)
class _Said:
    """What the services say of themselves.

    :param work: (service, metric) -> its sum since the service was started.
    :param turns: timer -> when its last turn ended, in real time.
    """

    work: dict[tuple[str, str], float]
    turns: dict[str, float]


@dataclass
class Rest:
    """Of a local system whose clock can be set.

    :param stopped: whether somebody asked to stop.
    :param up: whether everything runs; it may start again what does not.
    """

    system: LocalSystem
    say: Callable[[str], object]
    stopped: Callable[[], bool]
    up: Callable[[], bool] = lambda: True

    def __post_init__(self) -> None:
        self._clock = Clock(self.system.directory / "clock")
        environment = self.system.environment()
        self._ports = {name: environment[f"DOORSTEP_{name.upper()}_HEALTH_PORT"] for name in SERVICES}
        self._timers = {name for service in SERVICES for name in timers_and_loops(service)}
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy between us and ourselves

    def reached(self) -> None:
        """Wait until each timer has had a turn and nothing was done meanwhile, also no event handled.

        After two minutes it is said what there is still to do, and the clock may go on. Raises Stopped.
        """
        deadline = time.monotonic() + PATIENCE_S
        said = self._said()
        while True:
            before, woken = said, time.time()
            while (said := self._after_a_turn(woken)) is None:
                if time.monotonic() > deadline:
                    self.say(f"not all is done after {PATIENCE_S:.0f} s: {self._lacks(woken)}")
                    return
            if before and said.work == before.work:
                return

    def _after_a_turn(self, woken: float) -> _Said | None:
        """Wake all timers. What is said once each has had a turn since `woken` and everything is out; None:
        that is not so for a while. Raises Stopped."""
        self._clock.set(self._clock.now())
        until = time.monotonic() + _WAKE_EVERY_S
        while time.monotonic() < until:
            if self.stopped():
                raise Stopped
            time.sleep(_LOOK_EVERY_S)
            if self.up() and self._all_had_a_turn(woken) and _all_is_out():
                return self._said()  # only now: what was handled while we looked is counted
        return None

    def _all_had_a_turn(self, woken: float) -> bool:
        said = self._said()
        return said is not None and min(said.turns.values()) > woken

    def _said(self) -> _Said | None:
        """None: one of the services does not answer."""
        work: dict[tuple[str, str], float] = defaultdict(float)
        turns = {}
        for service, port in self._ports.items():
            try:
                answer = self._session.get(f"http://127.0.0.1:{port}/metrics?now", timeout=3)
            except requests.RequestException:
                return None
            for name, chore, value in _LINE.findall(answer.text):
                if name in _WORK:
                    work[service, name] += float(value)
                elif chore in self._timers:
                    turns[chore] = float(value)
        return _Said(work, turns)

    def _lacks(self, woken: float) -> str:
        said = self._said()
        if not said:
            return "a service does not answer"
        return ", ".join(timer for timer, ended in said.turns.items() if ended <= woken) or "messages wait"


def _all_is_out() -> bool:
    """False where a database or the broker is away."""
    try:
        now = progress()
        return waiting(in_hand=False).quiet and now.messages == now.messages_sent
    except Exception as error:
        if not is_world_away(error):
            raise
        return False
