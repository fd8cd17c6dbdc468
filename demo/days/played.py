"""What was played: by it the outcome is judged."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Played:
    """What was said and taken.

    :param counts: contacts, check_ins, abnormal, task_done, task_attempt, needs, slipped …
    :param refused: by the door's answer.
    :param ends: case -> the state in which it must be by what was decided last; the rest is not known.
    :param informed: cases of people who were told what they must know: these end by themselves.
    :param positive: cases of people whose test was positive.
    :param sampled: day -> cases of people of whom the laboratory reported then.
    :param placed: arrivals that an officer put to a place.
    """

    counts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    ends: dict[str, str] = field(default_factory=dict)
    informed: set[str] = field(default_factory=set)
    positive: set[str] = field(default_factory=set)
    sampled: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    placed: set[str] = field(default_factory=set)

    def add(self, what: str, times: int = 1) -> None:
        self.counts[what] += times


def chance(*of: object) -> random.Random:
    """What this person does about this thing at this time: the same whenever the same is asked."""
    return random.Random("/".join(map(str, of)))


def some(ids: Iterable[str], share: float, *of: object, at_least: int = 0) -> list[str]:
    """A share of these, chosen by chance, but not fewer than so many where there are so many."""
    drawn = sorted((chance(*of, id).random(), id) for id in set(ids))
    return [id for number, (luck, id) in enumerate(drawn) if luck < share or number < at_least]
