"""Everything dies at random while people act: services, doors, the broker, PostgreSQL."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from operations.services import SERVICES

SEED = int(os.environ.get("DOORSTEP_STORM_SEED") or random.SystemRandom().randrange(10**6))
"""DOORSTEP_STORM_SEED=7: the same deaths in the same order again."""
# Services and doors die often, what they stand on seldom: a broker takes seconds to come back.
_OFTEN = {**dict.fromkeys(SERVICES, 2), "doors": 2}


@dataclass
class Killer:
    """Kills one after the other, as the seed says, and starts each again at once: each once, then any.

    :param victims: name -> kills it, starts it.
    :param kills: how many die in all, at least one for each victim, in so many `moments` at the most.
    :param at_once: so many die in one moment, where there are few: after each such moment 20 s pass until
        others do what the dead ones did.
    """

    victims: Mapping[str, tuple[Callable[[], object], Callable[[], object]]]
    kills: int
    moments: int
    at_once: int = 3
    died: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rng = random.Random(SEED)
        each_once = self._rng.sample(list(self.victims), len(self.victims))
        names = [name for name in self.victims for _ in range(_OFTEN.get(name, 1))]
        self._dies_next = iter([*each_once, *self._rng.choices(names, k=self.kills)][: self.kills])
        stormy = self._rng.sample(range(self.moments), min(self.moments, -(-self.kills // self.at_once)))
        self._left = [stormy[number % len(stormy)] for number in range(self.kills)]
        self._moment = -1

    @contextmanager
    def around(self, _moment: object) -> Iterator[None]:
        """The moment's share of the deaths begins with the block, which ends when all run again."""
        self._moment += 1
        failed: list[BaseException] = []

        def kill() -> None:
            try:
                for _ in range(self._left.count(self._moment)):
                    self._one(next(self._dies_next))
                    time.sleep(self._rng.uniform(0.1, 1.2))
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=kill)
        thread.start()
        try:
            yield
        finally:
            thread.join()
        assert not failed, failed

    def _one(self, name: str) -> None:
        self.died.append(name)
        kill, start = self.victims[name]
        kill()
        start()

    def has_killed_all(self) -> None:
        print(f"seed {SEED}: died {self.died}", flush=True)
        assert len(self.died) == self.kills and set(self.died) == set(self.victims)
