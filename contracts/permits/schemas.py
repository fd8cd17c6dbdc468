"""What people say of leave to go out, and what isolation publishes of it."""

from __future__ import annotations

from typing import Final

from marshmallow import fields, validate

from contracts.cases.schemas import Tell
from contracts.vocabulary import Contract, flag, happened, moment, of_a_household, one_of, part, text, whole
from field.words import (
    ABSENCES,
    BREACH_JUDGEMENTS,
    BREACHES,
    PASSAGES,
    PERMIT_BY,
    PERMIT_DECISIONS,
    PERMIT_KINDS,
)

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


class BreachReported(Contract):
    """Somebody who stays in was not at home when somebody came, or a sensor says that their door was opened.

    Whoever is away by leave breaks nothing: it is judged by when it was, whatever the order of reports. A
    second absence, or a passage out, while they are away is the same one.
    """

    case_ids = of_a_household("who was not there")
    found = one_of(
        ABSENCES,
        required=True,
        about="not_at_home is said by whoever came to the door; door_sensor by another system, where the "
        "policy names door sensors",
    )
    saw = text(500, about="what they saw, and whom they asked; kept sealed")
    at = happened()


class BreachJudged(Contract):
    """An officer judges what is suspected of somebody: it is so, or there was a reason.

    The first one that is confirmed is an admonition, of which the household hears in friendly words; a second
    one asks an officer to decide about central isolation. Decided once more, the last word counts.
    """

    breach_id = text(36, required=True)
    judgement = one_of(BREACH_JUDGEMENTS, required=True)
    expects = whole(about="version on which it was judged")
    words = text(500, about="what was found, and what they were told; kept sealed")
    at = happened()


class BreachSuspected(Contract):
    """Somebody is not back in time, out without leave, or not at home; a task was planned, kind see_breach,
    and one of the officer who judges it.

    Nobody has judged it: there may be a reason. It says neither whose nor where to.
    """

    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    task_id = text(36, required=True)
    breach_id = text(36)
    why = one_of(BREACHES, required=True, about="a reader that knows no better goes by it; see `found`")
    found = text(
        40,
        about="late_back, no_permit, not_at_home (when somebody came), door_sensor, refused_visits; left "
        "out: see `why`",
    )
    at = moment(about="by when they should have been back, or when they were away")
    due_by = moment(about="until when somebody finds out")
    tell = part(
        Tell,
        about="whoever is told at once, at any hour: who looks for them, who answers for the case, and who "
        "is on duty",
    )
    community = text(40, about="place_id")
    grid = text(40, about="place_id")
