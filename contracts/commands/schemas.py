"""The answer to a command."""

from __future__ import annotations

from contracts.arrivals.schemas import EventKey, Reason
from contracts.faults import KINDS
from contracts.vocabulary import Contract, document, moment, one_of, part, several, text, whole


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


class PublisherSlowed(Contract):
    """A publisher said as much as it may, or nearly; nothing of it is lost: it waits in its queue."""

    publisher = text(100, required=True)
    what = one_of(("rate", "size_a_day"), required=True)
    standing = one_of(("near", "reached"), required=True, about="reached: what is beyond is taken later")
    limit = whole(about="events a second, or MiB a day")
    message = text(300, required=True, about="a sentence")
