"""An outside system that reports arrivals all the time, and what came of it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any, Self

from demo.day import PLAIN, Day
from doorstep_client import Publisher
from tests.compose.deployment import MORNING, Deployment, paced
from tests.waiting import eventually

NAME = "rail-lanzhou"
# Every arrival passes these queues in this order.
WAY = ("registration.receive_report", "isolation.open_case", "notification.tell_case_opened")


class Load:
    """Publishes new arrivals, each in a message of its own, until the block ends.

    `window` messages may be under way; when they are not confirmed, it waits like every publisher.
    """

    def __init__(self, stack: Deployment, *, seed: int, per_second: float) -> None:
        self._stack = stack
        self._lines = iter(Day(100_000, date(2022, 10, 1), seed=seed, now=MORNING, shares=PLAIN))
        self._per_second = per_second
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._publish, daemon=True)
        self._failures: list[BaseException] = []
        self._standings: Counter[str] = Counter()
        self._reasons: set[str | None] = set()
        self._confirmed: list[float] = []
        self.sent = 0

    def __enter__(self) -> Self:
        self._before = self._stack.settled()["sums"]
        self._told_before = len(self._stack.sms_sent()["per_key"])
        self.began = time.time()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._ending.set()
        self.ended = time.time()
        self._thread.join(90)
        if kind is None:
            assert not self._failures and not self._thread.is_alive(), self._failures

    def until_confirmed(self, count: int) -> None:

        eventually(lambda: self._failures or len(self._confirmed) >= count, show=lambda: len(self._confirmed))
        assert not self._failures, self._failures

    def longest_between_confirms(self) -> float:
        """Seconds."""
        return longest_gap([self.began, *self._confirmed])

    def longest_between_commits(self) -> dict[str, float]:
        """Seconds in which a handler on every arrival's way committed nothing, whatever its replicas."""
        return {handler: self._longest_between_commits(handler) for handler in WAY}

    def _longest_between_commits(self, handler: str) -> float:
        service = handler.partition(".")[0]
        question = (
            "select distinct extract(epoch from handled_at) as at from inbox "
            f"where handler = '{handler}' and handled_at between to_timestamp({self.began}) "
            f"and to_timestamp({self.ended}) order by at"
        )
        answer = self._stack.execute("postgres", "psql", "-U", "postgres", "-d", service, "-tAc", question)
        return longest_gap([self.began, *map(float, answer.split()), self.ended])

    def assert_all_came_of_it(self) -> None:
        """Nothing lost, nothing doubled: reports, arrivals, cases, text messages are as many as must be."""
        before, after = self._before, self._stack.settled()["sums"]
        assert self._standings == {"accepted": self.sent}, (self.sent, self._standings, self._reasons)
        for what, which in (("reports", "received"), ("arrivals", "registered"), ("cases", "all")):
            assert after[what][which] == before[what][which] + self.sent, (what, before, after)
        told = self._stack.sms_sent()["per_key"]
        assert {key: times for key, times in told.items() if times != 1} == {}
        due = after["messages"]["planned"] - before["messages"]["planned"]
        assert len(told) - self._told_before == due >= self.sent

    def _publish(self) -> None:
        try:
            with Publisher(self._stack.url(NAME), events_per_message=1, time_limit=60) as publisher:
                for outcome in publisher.stream(self._events()):
                    self._standings[str(outcome.standing)] += 1
                    self._reasons.add(outcome.reason)
                    self._confirmed.append(time.time())
        except BaseException as error:
            self._failures.append(error)

    def _events(self) -> Iterator[Any]:
        lines = (line for line in self._lines if line["source"].startswith(f"/{NAME}/"))
        for line in paced(lines, self._per_second):
            if self._ending.is_set():
                return
            self.sent += 1
            yield line


def longest_gap(moments: list[float]) -> float:
    return max(later - earlier for earlier, later in pairwise(moments))
