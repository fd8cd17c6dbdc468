"""What isolation publishes of a check-in that alarms."""

from __future__ import annotations

from marshmallow import fields

from contracts.cases.schemas import Tell
from contracts.vocabulary import Contract, moment, part, several, text

TOLD = (
    "whoever is told at once, at any hour: the health worker of the team, who answers for the case, and who "
    "is on duty"
)


class CheckInAbnormal(Contract):
    """A temperature or a symptom asks for somebody to look at once; an immediate task was planned.

    It names nobody but staff, and neither temperature nor symptom: those stand with the check-in.
    """

    check_in_id = text(36, required=True)
    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    task_id = text(36, required=True, about="of the immediate task, kind see_abnormal")
    at = moment(about="when temperature and symptoms were taken")
    due_by = moment(about="until when somebody looks")
    why = several(fields.String(), about="temperature, symptom")
    tell = part(Tell, about=TOLD)
    community = text(40, about="place_id")
    grid = text(40, about="place_id")


class CheckInCorrected(Contract):
    """What alarmed was a mistake: corrected the same day, and no longer abnormal. Its task is taken back."""

    check_in_id = text(36, required=True, about="of the check-in that alarmed")
    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    task_id = text(36, required=True, about="of the immediate task that was planned for it")
    at = moment(about="when the temperature that was mistaken had been taken")
    corrected_at = moment()
    tell = part(Tell, about="whoever was told of the alarm, and nobody else")
    community = text(40, about="place_id")
    grid = text(40, about="place_id")
