"""Acts on tasks and on the owner of a case, and the event that a task is done."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.vocabulary import Contract, happened, moment, one_of, text, whole
from field.words import (
    ACKNOWLEDGED_BECAUSE,
    CASE_DECISIONS,
    DECIDED_BECAUSE,
    HOW_KNOWN,
    NOT_POSSIBLE_BECAUSE,
    TASK_OUTCOMES,
)

NOTE = "in words; kept sealed"


class TaskReported(Contract):
    """Somebody does a task, did it, could not, or tried in vain.

    Done is silent for good, also late, and also of a task that was waived. Taken and attempt hold the ladder
    to a term; an attempt at what is urgent holds nothing. What was not possible an officer decides before its
    term ends, or it climbs. Of a task that was taken back it is only kept.
    """

    task_id = text(36, about="or `case_id` and `kind`: the earliest open one of the kind that has begun")
    case_id = text(36)
    kind = text(40)
    outcome = one_of(TASK_OUTCOMES, required=True)
    because = one_of(NOT_POSSIBLE_BECAUSE, about="of not_possible, required there; `other` needs a note")
    how = one_of(HOW_KNOWN, about="of done")
    next_try_at = moment(
        required=False, about="of attempt; left out or later than the policy allows, its longest term"
    )
    note = text(500, about=NOTE)
    at = happened()


class TaskWaived(Contract):
    """An officer above whoever does the task decides that it need not be done."""

    task_id = text(36, required=True)
    reason = text(500, required=True, about=NOTE)
    expects = whole(about="the task's version on which it was decided: how often something was said of it")
    at = happened()


class OverdueAcknowledged(Contract):
    """An officer knows of overdue tasks, why they are late, and by when they will be done.

    Until then they climb no further, unless a higher level was informed of them. A second acknowledgement
    with nothing reported in between climbs to the next level after the two minutes in which it can be taken
    back.
    """

    task_ids = fields.List(
        fields.String(validate=validate.Length(max=36)),
        required=True,
        validate=validate.Length(1, 500),
    )
    until = moment(about="later than the policy allows, it is the policy's longest term")
    cause = one_of(ACKNOWLEDGED_BECAUSE, required=True, about="one for all of them; `other` needs a note")
    note = text(500, about=NOTE)
    at = happened()


class TaskReportTakenBack(Contract):
    """Whoever said that a task was done, tried in vain or not possible takes it back on the same day."""

    task_id = text(36, required=True)
    report = text(200, required=True, about="id of the command that said it")
    at = happened()


class AcknowledgementTakenBack(Contract):
    """Whoever acknowledged overdue tasks takes it back within two minutes, as if it had not been said."""

    task_ids = fields.List(
        fields.String(validate=validate.Length(max=36)),
        required=True,
        validate=validate.Length(1, 500),
    )
    acknowledgement = text(200, required=True, about="id of the command that acknowledged them")
    at = happened()


class CaseHandedOver(Contract):
    """A case gets another owner, or its team another member; the open tasks of the role go along.

    The resident is told whom to call where the owner is another.
    """

    case_id = text(36, required=True)
    to = text(40, required=True, about="staff_id: somebody who works at a place of the case")
    role = text(40, about="in the team; left out, the one that the new member has")
    note = text(500, about=NOTE)
    expects = whole(about="the case's version on which it was decided")
    at = happened()


class CodeSetBack(Contract):
    """The health code of somebody who was released is set back: gates stop them no more."""

    case_id = text(36, required=True)
    at = happened()


class CaseDecided(Contract):
    """An officer decides about a case; what is not possible in its state is refused.

    `release` ends it, where nothing holds the person any more; `cancel` takes it back; `move_to_central` and
    `move_to_hospital` end it here, with where they go and who takes them. `refuse` says that somebody who
    refused, with a witness, stays away from the measure: they are followed still; `resume`, that they keep to
    it after all. `transfer` says that another district was asked to take them over: they are followed as
    before, and an officer has a task, until `taken_over` ends the case here, or `not_taken_over` says that it
    goes on. `reopen` takes a case up again that ended within 14 days, or whose person is in a centre.
    """

    case_id = text(36, required=True)
    decision = one_of(CASE_DECISIONS, required=True)
    because = one_of(DECIDED_BECAUSE, about="of cancel and reopen, required there; `other` needs a note")
    witness = text(40, about="of refuse, required there: staff_id of a second member of staff")
    place = text(
        200,
        about="of a move and of transfer, required there: where to, or which office of which district is "
        "asked, in words; kept sealed",
    )
    escort = text(200, about="of a move, required there: who takes them, in words; kept sealed")
    note = text(500, about=f"{NOTE}; of taken_over and not_taken_over, required there: who said so")
    expects = whole(about="the case's version on which it was decided")
    at = happened()


class CaseContacted(Contract):
    """The first contact of a case was made, and said of its task: registration hears it as well."""

    task_id = text(36, required=True)
    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    kind = text(40, required=True)
    at = moment(about="when they were reached")
    staff_id = text(40, about="null: another system or the resident said so")
    how = one_of(HOW_KNOWN)
    act = text(200, about="id of the command that said it, by which it is taken back")


class CaseContactTakenBack(Contract):
    """That the first contact was made was a mistake: the `case.contacted` of that act counts no more."""

    task_id = text(36, required=True)
    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    act = text(200, required=True, about="of the `case.contacted` that is taken back")
    at = moment(about="when it was taken back")
    staff_id = text(40, about="who said both; null: another system")


class TaskDoneTakenBack(Contract):
    """That a task was done was a mistake, and nobody else said so: it is to be done as before."""

    task_id = text(36, required=True)
    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    kind = text(40, required=True)
    at = moment(about="when it was taken back")
    by = text(40, about="staff_id; null: it was said of the arrival, or by another system")
    state = text(20, required=True, about="of the task now; cancelled: nobody asks for it any more")


class TaskDone(Contract):
    """A task was done, for the first time that anybody said so, or again after that was taken back."""

    task_id = text(36, required=True)
    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    kind = text(40, required=True)
    at = moment(about="when it was done")
    by = text(40, about="staff_id; null: it was said of the arrival, or by another system or the resident")
    how = one_of(HOW_KNOWN)
