"""Whoever sets the clock of the field need not wait for the timers: they are done at once."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime
from pathlib import Path

import eventlet
import pytest
from eventlet.event import Event as Flag
from eventlet.timeout import Timeout

from chassis.clock import Clock
from chassis.database.leases import LASTING
from chassis.errors import WorldAway
from chassis.running.hosting import GIVES_WAY, ClockWatch, Repeats
from chassis.running.housekeeping import Chore, Do

THEN = datetime(2022, 10, 1, 9, tzinfo=UTC)
LONG_S = 600


class Waits:
    """Waits for nothing; says to stop after so many times. `then` is called during the first wait."""

    def __init__(self, stop_after: int, then: object = None) -> None:
        self.asked: list[float] = []
        self.stop_after = stop_after
        self.then = then

    def __call__(self, seconds: float) -> bool:
        self.asked.append(seconds)
        if len(self.asked) == 1 and callable(self.then):
            self.then()
        return len(self.asked) >= self.stop_after


def away() -> int:
    raise WorldAway("the database is restarted")


def chore(clock: Clock | None, every_s: float = LONG_S) -> Chore:
    return Chore("trial", every_s, lambda: 0, clock=clock)


def test_a_timer_that_is_woken_because_the_clock_was_set_is_done_at_once(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    timer, waits = chore(clock), Waits(100, then=lambda: clock.set(THEN))
    timer.once()
    timer.pause(waits)
    assert len(waits.asked) == 1


def test_a_clock_that_was_set_while_the_timer_was_at_work_wakes_it_too(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    timer = Chore("trial", LONG_S, lambda: clock.set(THEN) or 0, clock=clock)
    timer.once()
    waits = Waits(100)
    timer.pause(waits)
    assert waits.asked == []


def test_one_watch_wakes_everybody_who_waits_in_a_process(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    waiting = {Flag(), Flag()}
    watch = ClockWatch(clock, waiting)
    thread = eventlet.spawn(watch._run)
    eventlet.sleep(0)
    clock.set(THEN)
    with Timeout(20):
        for flag in waiting:
            flag.wait()
        watch.stop()
        thread.wait()


def test_a_timer_whose_clock_stands_as_it_was_waits_its_time(tmp_path: Path) -> None:
    began = time.monotonic()
    timer = chore(Clock(tmp_path / "clock"), every_s=0.3)
    timer.once()
    timer.pause(lambda seconds: time.sleep(seconds) or False)
    assert time.monotonic() - began >= 0.3


def test_whoever_stops_is_not_waited_for(tmp_path: Path) -> None:
    for clock in (None, Clock(tmp_path / "clock")):
        timer, waits = chore(clock), Waits(1)
        timer.once()
        timer.pause(waits)
        assert len(waits.asked) == 1


@pytest.mark.parametrize("of_another", [lambda: None, away], ids=["another replica does it", "world away"])
def test_what_was_not_done_is_asked_for_again_soon_however_seldom_it_is_done(of_another: Do) -> None:
    """The other replica may have died, and an hour is long."""
    hourly, waits = Chore("trial", 3600, of_another), Waits(1)
    hourly.once()
    hourly.pause(waits)
    assert waits.asked[0] <= LASTING.total_seconds()
    hourly.do = lambda: 0
    hourly.once()
    hourly.pause(waits)
    assert waits.asked[1] > 3000


def test_between_two_turns_of_a_busy_timer_a_handler_does_several_batches() -> None:
    """A turn takes as long as several: with one batch a turn, intake fell to half while a day was planned."""
    batches, at_turns = [0], list[int]()

    def turn() -> int:
        at_turns.append(batches[0])
        if len(at_turns) == 3:
            timer._stopping = True
        return 1

    def handle() -> None:
        while not timer._stopping:
            batches[0] += 1
            eventlet.sleep(0)

    timer = Repeats(Chore("trial", LONG_S, turn), set())
    timer._left = Flag()
    with Timeout(20):
        threads = [eventlet.spawn(timer._run), eventlet.spawn(handle)]
        for thread in threads:
            thread.wait()
    between = [later - earlier for earlier, later in itertools.pairwise(at_turns)]
    assert min(between) >= GIVES_WAY > 1
