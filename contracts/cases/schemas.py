"""Cases and their tasks, which isolation publishes."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.arrivals.schemas import PERSON_INSIDE
from contracts.vocabulary import Contract, day, flag, moment, one_of, part, sealed, several, text, whole
from field.words import CASE_STATES, LANGUAGES, LEVELS, MEASURES, TOLD_OF_CASES


class PolicyKey(Contract):
    policy_id = text(60, required=True)
    edition = text(60, required=True)


class TeamMember(Contract):
    role = text(40, required=True)
    staff_id = text(40, required=True)
    contact = sealed(required=False, about="JSON object with name, phone")


class TaskOutline(Contract):
    kind = text(40, required=True)
    day = whole(about="day of the measure; day 0 is the day it counts from")
    due_from = moment()
    due_by = moment()
    role = text(40, required=True)


class CaseOpened(Contract):
    """One arrival under a measure, in full."""

    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    state = one_of(CASE_STATES, required=True)
    measure = one_of(MEASURES, required=True)
    days = whole()
    counted_from = day(about="day 0 in the jurisdiction's time zone")
    first_day = day(
        required=False,
        about="the day with which people are told that the days begin, where that is not day 0: that of "
        "arrival, where it counts as day 1",
    )
    release_on = day(required=False)
    risk_level = one_of(LEVELS, required=True)
    policy = part(PolicyKey)
    person = sealed(about=PERSON_INSIDE)
    language = one_of(LANGUAGES, required=True)
    household_id = text(36)
    street = text(40)
    community = text(40)
    grid = text(40)
    team = several(TeamMember)
    told = fields.List(
        fields.String(validate=validate.OneOf(TOLD_OF_CASES)),
        load_default=None,
        allow_none=True,
        metadata={
            "description": "besides the owner, who gets messages that there is a case, as its policy says; "
            "null: an earlier version said it, and the resident and the whole team (care_team) are told. "
            "Without resident no text asks them for anything; that it is over or less they hear all the same"
        },
    )
    officers = several(TeamMember, required=False, about="of the levels that `told` names")
    assigned = flag(about="false while the case waits for an owner")
    tasks_planned = whole()
    today = several(TaskOutline)
    link = sealed(
        required=False,
        about="JSON string: the token of the household's page, under the purpose `link`; null: the case has "
        "ended, or an earlier version said it",
    )


class CaseChange(Contract):
    kinds = several(
        fields.String(),
        about="stricter, laxer, assigned, rescheduled; next_stage (beside one of these, or reopened: the "
        "next stage of the measure began, and stands in `measure`); by decision of an officer: cancelled, "
        "ended_elsewhere (another place follows them now: see `state`), died, released, "
        "refused, resumed (they keep to the measure after all), moved_to_central, moved_to_hospital, "
        "reopened (after its end); merged (the arrival is another one, and is followed as that one); "
        "details; active (beside details: somebody was reached for the first time, or that was taken back: "
        "see `state`); informed (beside details: whoever is only informed was, and their case has ended); "
        "what was corrected: phone, door, time, wrong_number (nobody says any more that the phone before is "
        "the person's); handed_on (to another owner, by such news); permit_granted, permit_refused (an "
        "officer decided on leave to go out); transfer_asked, not_taken_over (beside details: another "
        "district was asked to take them over, or did not); admonished, "
        "breach_confirmed, admonition_taken_back (an officer confirmed a breach, the first or a further one; "
        "none is left that is confirmed); central_decided, central_taken_back (beside details: a bed in "
        "central isolation is held for them; or it was given back, as they were not admitted); "
        "code_set_back (beside details: of whoever is released, their health code was set back)",
    )
    previous_measure = one_of(MEASURES, required=True)
    reason = text(200)
    at = moment(required=False, about="of active: when they were reached, or when that was taken back")
    previous_owner = part(
        TeamMember, required=False, about="who must know that somebody else answers for the case now"
    )
    joined = several(
        fields.String(), required=False, about="staff_id of those who took the place of another in the team"
    )
    given = several(
        TeamMember,
        required=False,
        about="beside the owner, who has tasks now that others had at the place where the case lay before",
    )


class CaseChanged(CaseOpened):
    """A case after a change; replaces what was known before."""

    change = part(CaseChange)


class CaseStripped(Contract):
    """The term of a case has passed: what isolation knew of its people is gone, and others strip theirs."""

    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    household_id = text(36)


class PlannedTask(TaskOutline):
    task_id = text(36, required=True)
    staff_id = text(40)


class TaskPlanned(Contract):
    """The tasks one planning added to a case."""

    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    tasks = several(PlannedTask)


class TasksOfKind(Contract):
    kind = text(40, required=True)
    tasks = whole()


class StaffDayPlanned(Contract):
    """What a member of staff has to do on a day; recorded in the morning for whoever has something."""

    staff_id = text(40, required=True)
    role = text(40, required=True)
    contact = sealed(about="JSON object with name, phone")
    language = one_of(LANGUAGES, required=True)
    on = day(about="the day in the jurisdiction's time zone")
    case_id = text(36, required=True, about="one of the cases that it is about")
    arrival_id = text(36, required=True)
    households = whole(about="with tasks of today, or overdue")
    tasks = whole(about="to be done today, with those that are overdue")
    by_kind = several(TasksOfKind)
    overdue = whole(about="of the tasks")
    first_visits = whole(about="of the tasks")
    ending = whole(about="households whose term ends today, and for which they answer")


class LadderStaff(Contract):
    staff_id = text(40, required=True)
    role = text(40, required=True)
    contact = sealed(about="JSON object with name, phone")
    language = one_of(LANGUAGES, required=True)


class Tell(Contract):
    level = one_of(("worker", "community", "street", "district"), required=True)
    place = text(40)
    staff = several(LadderStaff)


class TaskOverdue(Contract):
    """A task was not done in time: told one step further up the ladder.

    So is a message to staff that no channel got through: its kind is `message_to_staff`.
    """

    task_id = text(36, required=True, about="of the task; for messages, of what they were about")
    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    kind = text(40, required=True)
    day = whole()
    due_by = moment()
    step = whole(about="1 is the worker, then upward")
    tell = part(Tell)
    community = text(40)
    urgent = flag(required=False, about="it climbs at night too, and goes to whoever is on duty")
    because = text(40, about="why it was not possible, of a task about which an officer must decide")
