"""The answer to a command."""

from __future__ import annotations

from contracts.arrivals.schemas import EventKey, Reason
from contracts.faults import KINDS
from contracts.vocabulary import Contract, document, moment, one_of, part, several, text


class CommandSettled(Contract):
    """What became of one event that another system published, where it is a command of a service.

    Of what was `unknown`, `not_allowed` or in `conflict` nothing is kept: say it again under the same id.
    """

    command = text(60, required=True, about="the name of the command: report_task for task.reported")
    event = part(EventKey)
    received_at = moment()
    outcome = one_of(("done", *KINDS), required=True)
    result = document(about="of a done one: ids and versions")
    reasons = several(Reason, about="of a refused one: all of them")
