"""Life cycles as data: which state may follow which."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass


class ForbiddenTransition(ValueError):
    """A thing was about to go where its state does not lead."""


@dataclass(frozen=True)
class StateMachine:
    """The states of one kind of thing.

    :param what: the thing, as a reader would name it ("case").
    :param following: each state, and the states that may follow it.
    """

    what: str
    following: Mapping[str, Set[str]]

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(self.following)

    @property
    def ends(self) -> frozenset[str]:
        """States that nothing follows."""
        return frozenset(state for state, following in self.following.items() if not following)

    def move(self, state: str, to: str) -> str:
        """The new state, or ForbiddenTransition."""
        if to not in self.following[state]:
            raise ForbiddenTransition(f"a {self.what} that is {state} cannot become {to}")
        return to
