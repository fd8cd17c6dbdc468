"""What an officer may decide about a case, in which of its states, and what a decision needs. Pure.

A decision that is not listed for a state is refused. Each ends the case, or leaves it followed by its team:
nobody is left without an end and without somebody who answers for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from contracts.faults import Fault, Refused
from field.words import CANCELLED_BECAUSE, REOPENED_BECAUSE
from services.isolation.cases import states
from services.isolation.cases.case import Case
from services.isolation.cases.story import absence
from services.isolation.policies.rules import CONFIRM_RELEASE, SETTLE_REFUSAL

RELEASE: Final = "release"
REFUSE: Final = "refuse"
CANCEL: Final = "cancel"
REOPEN: Final = "reopen"

REOPEN_WITHIN: Final = timedelta(days=14)
"""So long after its end a case is opened again by decision; after that whoever comes is a new arrival."""
OTHER: Final = "other"
"""A reason that must be said in words."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that an officer decides.

    :param of: the states in which it is decided.
    :param to: the state to which it leads.
    :param told: what case.changed calls it, and the case's history.
    :param settles: the officer's task that is done with it; "": none.
    :param needs: fields of the command that it needs; it takes no other of `_FIELDS`.
    """

    of: Set[str]
    to: str
    told: str
    settles: str = ""
    needs: tuple[str, ...] = ()


_MOVED: Final = ("place", "escort")
_FIELDS: Final = ("because", "witness", *_MOVED)
_BECAUSE: Final[Mapping[str, tuple[str, ...]]] = {CANCEL: CANCELLED_BECAUSE, REOPEN: REOPENED_BECAUSE}

DECISIONS: Final[Mapping[str, Decision]] = {
    RELEASE: Decision(
        frozenset({states.OPEN, states.ACTIVE, states.RELEASE_REVIEW}),
        states.RELEASED,
        "released",
        CONFIRM_RELEASE,
    ),
    CANCEL: Decision(states.FOLLOWED, states.CANCELLED, "cancelled", needs=("because",)),
    # They are followed still, by an officer who persuades them, or has them moved.
    REFUSE: Decision(frozenset({states.OPEN, states.ACTIVE}), states.REFUSED, "refused", needs=("witness",)),
    "resume": Decision(frozenset({states.REFUSED}), states.ACTIVE, "resumed", SETTLE_REFUSAL),
    "move_to_central": Decision(
        states.FOLLOWED, states.MOVED_TO_CENTRAL, "moved_to_central", SETTLE_REFUSAL, _MOVED
    ),
    "move_to_hospital": Decision(
        states.FOLLOWED, states.MOVED_TO_HOSPITAL, "moved_to_hospital", SETTLE_REFUSAL, _MOVED
    ),
    REOPEN: Decision(
        frozenset({states.RELEASED, states.CANCELLED, states.MOVED_TO_CENTRAL, states.MOVED_TO_HOSPITAL}),
        states.OPEN,
        "reopened",
        needs=("because",),
    ),
}


_ENDS_OTHERWISE: Final[Mapping[str, str]] = {
    "followed_elsewhere": "ended_elsewhere",
    "moved_away": "ended_elsewhere",
    "died": "died",
}
"""Reasons to take a case back after which nobody may hear that nothing was asked: for another place asks it
now, or nobody is there to hear it."""


def kind_of_change(name: str, because: str | None) -> str:
    """What case.changed calls a decision; by it those are chosen who hear of it."""
    told = DECISIONS[name].told
    return _ENDS_OTHERWISE.get(because or "", told) if name == CANCEL else told


def possible(state: str) -> tuple[str, ...]:
    """What may be decided in a state, if nothing else stands against it."""
    return tuple(name for name, decision in DECISIONS.items() if state in decision.of)


def faults_of(data: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with a command, whatever the case."""
    name = data["decision"]
    needs = DECISIONS[name].needs
    for field in _FIELDS:
        if field in needs and not data[field]:
            yield Fault(field, "missing", f"say it: {name} needs it")
        elif field not in needs and data[field]:
            yield Fault(field, "not_of_this", f"means nothing for {name}")
    if "because" in needs and data["because"]:
        if data["because"] not in _BECAUSE[name]:
            yield Fault("because", "not_of_this", f"must be one of {', '.join(_BECAUSE[name])}")
        elif data["because"] == OTHER and not data["note"]:
            yield Fault("note", "missing", "say in words what else it was")


def permit(name: str, case: Case, now: datetime) -> Decision:
    """Raises Refused, `conflict`, where the case does not take this decision."""
    decision = DECISIONS[name]
    if case.state not in decision.of or not case.version:
        can = ", ".join(possible(case.state)) or "nothing"
        raise _refused("not_in_this_state", f"the case is {case.state}: {can} can be decided, not {name}")
    if name == REOPEN:
        if absence(case.story):
            raise _refused("nobody_there", "nobody is there: it opens by itself when they come")
        if not case.days:
            raise _refused("nothing_asked", "they were only informed: nothing is asked of them again")
        if case.closed_at is None or case.closed_at < now - REOPEN_WITHIN:
            days = REOPEN_WITHIN.days
            raise _refused("too_long_ago", f"it ended over {days} days ago: register the arrival anew")
    return decision


def _refused(code: str, message: str) -> Refused:
    return Refused("conflict", [Fault("decision", code, message)])
