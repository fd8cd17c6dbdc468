"""What people say of leave to go out, and what isolation publishes of it."""

from __future__ import annotations

from typing import Final

from marshmallow import fields, validate

from contracts.cases.schemas import Tell
from contracts.vocabulary import Contract, flag, happened, moment, of_a_household, one_of, part, text, whole
from field.words import BREACHES, PASSAGES, PERMIT_BY, PERMIT_DECISIONS, PERMIT_KINDS

MOST_OUTINGS: Final = 30


class Outing(Contract):
    """Once out and back."""

    begins = moment(about="from then on they may be out")
    ends = moment(about="by then they are back")


class PermitRequested(Contract):
    """Somebody who stays in must go out. An officer decides before the first outing begins.

    An emergency goes at once, is told at once, and is reviewed after.
    """

    case_ids = of_a_household("who goes out")
    kind = one_of(PERMIT_KINDS, required=True)
    outings = fields.List(
        fields.Nested(Outing),
        load_default=list,
        validate=validate.Length(max=MOST_OUTINGS),
        metadata={
            "description": "when they go out and are back; each of one that recurs, as dialysis. Of an "
            "emergency none: it is from now on"
        },
    )
    where = text(
        200, required=True, about="hospital or place, and with whom it is arranged there; kept sealed"
    )
    why = text(300, about="kept sealed")
    how = one_of(PERMIT_BY, about="how they go; left out, the officer says it")
    at = happened()


class PermitDecided(Contract):
    """An officer grants leave to go out, or refuses it. Whoever asked for it takes it back."""

    permit_id = text(36, required=True)
    decision = one_of(PERMIT_DECISIONS, required=True)
    expects = whole(required=False, about="version on which it was decided; only withdrawn needs none")
    how = one_of(PERMIT_BY, about="how they go, of one that is granted")
    escort = text(200, about="who takes them, vehicle, doctor, entrance; the household reads it. Kept sealed")
    reason = text(
        300, about="of one that is refused: why, and what would be possible; they read it. Kept sealed"
    )
    at = happened()


class PermitAsked(Contract):
    """Leave to go out was asked for; a task was planned for who decides. It says neither whose nor why."""

    permit_id = text(36, required=True)
    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    task_id = text(36, required=True)
    task_kind = text(
        40, required=True, about="decide_permit, urgent_permit (it begins soon), review_permit (an emergency)"
    )
    urgent = flag(about="whoever it names is told at any hour")
    at = moment(about="when it was asked for")
    due_by = moment(about="until when it is decided, or reviewed")
    tell = part(Tell, about="who decides; of an emergency also the team, and who is on duty")
    community = text(40, about="place_id")
    grid = text(40, about="place_id")


class PassageReported(Contract):
    """Somebody who stays in was seen going out or coming back, at a gate or a door, with leave or without.

    Reports may come in any order: what follows is judged by when each of them happened.
    """

    case_ids = of_a_household("who passed")
    direction = one_of(PASSAGES, required=True)
    at = happened()


class BreachSuspected(Contract):
    """Somebody is not back in time, or went out without leave; a task was planned, kind see_breach.

    Nobody has judged it: there may be a reason. It says neither whose nor where to.
    """

    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    task_id = text(36, required=True)
    why = one_of(BREACHES, required=True)
    at = moment(about="by when they should have been back, or when they went out")
    due_by = moment(about="until when somebody finds out")
    tell = part(
        Tell,
        about="whoever is told at once, at any hour: who looks for them, who answers for the case, and who "
        "is on duty",
    )
    community = text(40, about="place_id")
    grid = text(40, about="place_id")
