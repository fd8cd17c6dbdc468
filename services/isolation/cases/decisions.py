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
from services.isolation.policies.rules import (
    CONFIRM_RELEASE,
    CONFIRM_TRANSFER,
    DECIDE_POSITIVE,
    SETTLE_BREACH,
    SETTLE_CENTRAL,
    SETTLE_HOME,
    SETTLE_REFUSAL,
    SETTLE_TRANSFER,
)

RELEASE: Final = "release"
REFUSE: Final = "refuse"
CANCEL: Final = "cancel"
REOPEN: Final = "reopen"
MOVE_TO_CENTRAL: Final = "move_to_central"
TRANSFER: Final = "transfer"
"""Another district is asked to take them over."""
TAKEN_OVER: Final = "taken_over"
"""That other district said that it follows them."""
NOT_TAKEN_OVER: Final = "not_taken_over"

REOPEN_WITHIN: Final = timedelta(days=14)
"""So long after its end a case is opened again by decision; after that whoever comes is a new arrival. Not so
of whoever is in a centre, and may have a stage at home before them.
"""
OTHER: Final = "other"
"""A reason that must be said in words."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that an officer decides.

    :param of: the states in which it is decided.
    :param to: the state to which it leads; "": the case stays in its own.
    :param told: what the case's history calls it, and case.changed, unless that has `kind` for it.
    :param settles: kinds of the officer's tasks that are done with it.
    :param needs: fields of the command that it needs; it takes no other of `_FIELDS`.
    :param kind: what case.changed calls it, where that is another word.
    :param quiet: nothing changes for anybody but officers: nobody is told.
    :param while_asked: only while another district has not said whether it takes them over; False: only when
        none is asked; None: whether or not.
    """

    of: Set[str]
    to: str
    told: str
    settles: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    kind: str = ""
    quiet: bool = False
    while_asked: bool | None = None


_MOVED: Final = ("place", "escort")
_MOVE_SETTLES: Final = (SETTLE_REFUSAL, DECIDE_POSITIVE, SETTLE_CENTRAL, SETTLE_HOME)
_FIELDS: Final = ("because", "witness", *_MOVED)
FOLLOWED_ELSEWHERE: Final = "followed_elsewhere"
FROM_CENTRE: Final = (FOLLOWED_ELSEWHERE, "died")
"""Reasons to take the case of somebody back who is in central isolation."""
_BECAUSE: Final[Mapping[str, tuple[str, ...]]] = {CANCEL: CANCELLED_BECAUSE, REOPEN: REOPENED_BECAUSE}

DECISIONS: Final[Mapping[str, Decision]] = {
    RELEASE: Decision(
        frozenset({states.OPEN, states.ACTIVE, states.RELEASE_REVIEW, states.MOVED_TO_CENTRAL}),
        states.RELEASED,
        "released",
        (CONFIRM_RELEASE,),
    ),
    # From central isolation only for FROM_CENTRE: whoever is there by mistake goes home first.
    CANCEL: Decision(
        states.FOLLOWED | {states.MOVED_TO_CENTRAL},
        states.CANCELLED,
        "cancelled",
        (DECIDE_POSITIVE,),
        needs=("because",),
    ),
    # They are followed still, by an officer who persuades them, or has them moved.
    REFUSE: Decision(frozenset({states.OPEN, states.ACTIVE}), states.REFUSED, "refused", needs=("witness",)),
    "resume": Decision(
        frozenset({states.REFUSED}), states.ACTIVE, "resumed", (SETTLE_REFUSAL, SETTLE_CENTRAL)
    ),
    # Where no centre is registered; else they are moved with a bed (central/decide_move.py).
    MOVE_TO_CENTRAL: Decision(
        states.FOLLOWED, states.MOVED_TO_CENTRAL, "moved_to_central", (*_MOVE_SETTLES, SETTLE_BREACH), _MOVED
    ),
    # From there, too: who falls ill in a centre.
    "move_to_hospital": Decision(
        states.FOLLOWED | {states.MOVED_TO_CENTRAL},
        states.MOVED_TO_HOSPITAL,
        "moved_to_hospital",
        _MOVE_SETTLES,
        _MOVED,
    ),
    # Until the other district has said that it follows them they are followed here, with all their tasks.
    TRANSFER: Decision(
        states.FOLLOWED, "", "transfer_asked", (SETTLE_TRANSFER,), ("place",), quiet=True, while_asked=False
    ),
    TAKEN_OVER: Decision(
        states.FOLLOWED,
        states.TRANSFERRED,
        "transferred",
        (CONFIRM_TRANSFER, DECIDE_POSITIVE),
        ("note",),
        kind="ended_elsewhere",
        while_asked=True,
    ),
    NOT_TAKEN_OVER: Decision(
        states.FOLLOWED, "", "not_taken_over", (CONFIRM_TRANSFER,), ("note",), quiet=True, while_asked=True
    ),
    REOPEN: Decision(
        frozenset(
            {
                states.RELEASED,
                states.CANCELLED,
                states.MOVED_TO_CENTRAL,
                states.MOVED_TO_HOSPITAL,
                states.TRANSFERRED,
            }
        ),
        states.OPEN,
        "reopened",
        needs=("because",),
    ),
}


_ENDS_OTHERWISE: Final[Mapping[str, str]] = {
    FOLLOWED_ELSEWHERE: "ended_elsewhere",
    "moved_away": "ended_elsewhere",
    "died": "died",
}
"""Reasons to take a case back after which nobody may hear that nothing was asked: for another place asks it
now, or nobody is there to hear it."""


def kinds_of_change(name: str, because: str | None) -> list[str]:
    """What case.changed calls a decision; by it those are chosen who hear of it."""
    decision = DECISIONS[name]
    if decision.quiet:
        return ["details", decision.told]  # of `details` every rule of notification knows already
    kind = decision.kind or decision.told
    return [_ENDS_OTHERWISE.get(because or "", kind) if name == CANCEL else kind]


def possible(state: str, *, asked: bool = False) -> tuple[str, ...]:
    """What may be decided in a state, if nothing else stands against it.

    :param asked: another district is asked to take them over, and has not said whether it does.
    """
    return tuple(
        name
        for name, decision in DECISIONS.items()
        if state in decision.of and decision.while_asked in (None, asked)
    )


def faults_of(data: Mapping[str, Any], state: str) -> Iterator[Fault]:
    """What is wrong with a command.

    :param state: of the case, in which this may be decided.
    """
    name = data["decision"]
    reasons = _BECAUSE.get(name, ())
    if name == CANCEL and state == states.MOVED_TO_CENTRAL:
        reasons = FROM_CENTRE
    needs = DECISIONS[name].needs
    for field in (*_FIELDS, "note"):
        if field in needs and not data[field]:
            yield Fault(field, "missing", f"say it: {name} needs it")
        elif field in _FIELDS and field not in needs and data[field]:
            yield Fault(field, "not_of_this", f"means nothing for {name}")
    if "because" in needs and data["because"]:
        if data["because"] not in reasons:
            yield Fault("because", "not_of_this", f"must be one of {', '.join(reasons)}")
        elif data["because"] == OTHER and not data["note"]:
            yield Fault("note", "missing", "say in words what else it was")


def permit(name: str, case: Case, now: datetime, *, asked: bool = False) -> Decision:
    """Raises Refused, `conflict`, where the case does not take this decision.

    :param asked: another district is asked to take them over, and has not said whether it does.
    """
    decision = DECISIONS[name]
    can = ", ".join(possible(case.state, asked=asked)) or "nothing"
    if case.state not in decision.of or not case.version:
        raise _refused("not_in_this_state", f"the case is {case.state}: {can} can be decided, not {name}")
    if decision.while_asked not in (None, asked):
        code = "already_asked" if asked else "nobody_asked"
        message = "another district is asked already" if asked else "no other district is asked"
        raise _refused(code, f"{message} to take them over: {can} can be decided, not {name}")
    if name == REOPEN:
        if absence(case.story):
            raise _refused("nobody_there", "nobody is there: it opens by itself when they come")
        if not case.days:
            raise _refused("nothing_asked", "they were only informed: nothing is asked of them again")
        # Whoever is in a centre still has not come: the days there, and those of being held, may be many.
        is_there = case.state == states.MOVED_TO_CENTRAL
        if case.closed_at is None or (case.closed_at < now - REOPEN_WITHIN and not is_there):
            days = REOPEN_WITHIN.days
            raise _refused("too_long_ago", f"it ended over {days} days ago: register the arrival anew")
    return decision


def _refused(code: str, message: str) -> Refused:
    return Refused("conflict", [Fault("decision", code, message)])
