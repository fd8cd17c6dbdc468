"""What people say of the needs of a household, and what isolation publishes of them."""

from __future__ import annotations

from contracts.cases.schemas import Tell
from contracts.vocabulary import Contract, flag, happened, moment, of_a_household, one_of, part, text, whole
from field.words import NEED_ANSWERS, NEED_KINDS, NEED_MET, NOT_POSSIBLE_BECAUSE


class NeedAsked(Contract):
    """A household that stays in needs something. Somebody of its team meets it by a term.

    What is medical, and medicine that ends today, is told at once to the health worker of the team, to who
    answers for the case and to who is on duty.
    """

    case_ids = of_a_household("for whom it is")
    kind = one_of(NEED_KINDS, required=True)
    text = text(300, about="what is needed, in a few words; kept sealed. Of medicine the days are enough")
    days_left = whole(
        required=False,
        about="of medicine: for how many days it lasts, that of asking counted, 0 to 90; new medicine is "
        "there on the day before it ends",
    )
    needs_cold = flag(required=False, about="of medicine: as insulin does")
    at = happened()


class NeedAnswered(Contract):
    """Somebody took a need up, met it, could not, or it is needed no more. A household says only the last."""

    need_id = text(36, required=True)
    outcome = one_of(NEED_ANSWERS, required=True)
    how = one_of(NEED_MET, about="of a need that was met")
    because = one_of(NOT_POSSIBLE_BECAUSE, about="of one that was not possible")
    note = text(500, about="kept sealed")
    at = happened()


class NeedUrgent(Contract):
    """A need that cannot wait; a task was planned, kind medical_need. It says neither whose nor what."""

    need_id = text(36, required=True)
    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    task_id = text(36, required=True)
    at = moment(about="when it was asked for")
    due_by = moment(about="until when somebody sees to it")
    tell = part(
        Tell,
        about="whoever is told at once, at any hour: the health worker of the team, who answers for the "
        "case, and who is on duty",
    )
    community = text(40, about="place_id")
    grid = text(40, about="place_id")
