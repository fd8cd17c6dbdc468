"""Pairs of arrivals that may be one person's or one coming, each with the strongest reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from field.words import LIKENESSES

_STRENGTH: Final = {why: -number for number, why in enumerate(LIKENESSES)}


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why two arrivals may be one.

    :param why: a word of LIKENESSES.
    :param contradicts: where they are of two persons under one key, the kinds of fact that differ.
    """

    why: str
    contradicts: tuple[str, ...] = ()

    @property
    def details(self) -> dict[str, Any] | None:
        return {"contradicts": self.contradicts} if self.contradicts else None

    @property
    def strength(self) -> int:
        return _STRENGTH[self.why]

    def is_stronger_than(self, why: str) -> bool:
        return self.strength > _STRENGTH[why]


Pair = tuple[str, str]
"""Two arrival ids, the smaller one first."""

Pairs = dict[Pair, Doubt]


def pair_of(one: str, other: str) -> Pair:
    return min(one, other), max(one, other)


def add_pairs(pairs: Pairs, others: Mapping[Pair, Doubt]) -> None:
    """Of several reasons for one pair the strongest counts."""
    for pair, doubt in others.items():
        if pair not in pairs or doubt.is_stronger_than(pairs[pair].why):
            pairs[pair] = doubt
