"""Whether a message that was not sent yet would now say something untrue."""

from collections.abc import Iterable

from services.notification.events.abnormal_check_in import check_in_of
from services.notification.events.event import RESIDENT, Notice
from services.notification.messages.letters import Message, StoredNotice

_CASE = "case"
_CHECK_IN = "check_in"
_OF_CONTACTS = ("tell_contacts", "correct_contacts")
_IN_CENTRE = ("name_carer", "leave_central")
_AFTER_THE_END = ("call_them", "visit_them", "late_result", "list_contacts", *_OF_CONTACTS, *_IN_CENTRE)
"""Kinds of task that there are once a case has ended, too."""
_TAKES_BACK = "test.urgent_corrected"


def is_overtaken(message: Message, notice: Notice, of_case: Iterable[StoredNotice]) -> bool:
    """Whether a later event of the same kind of thing informs the same recipient of what holds now.

    Once the case has ended a resident hears no more of what was asked, also where no text tells of the end.
    Nobody is reminded of a task once its case has ended, but for what is to be done after the end; whoever
    was told of a result hears then, too, that it was a mistake.
    Of a check-in that alarms, is corrected and alarms again, the last of these holds.
    """
    thing, of_case = _thing(notice), list(of_case)
    later = [
        stored.notice
        for stored in of_case
        if stored.notice.version > notice.version
        and _thing(stored.notice) == thing
        and (message.recipient.id in stored.recipients or _ends_for(message, stored.notice))
    ]
    if thing == _CASE:
        return any(following.supersedes for following in later)
    if thing == _CHECK_IN and any(check_in_of(following) == check_in_of(notice) for following in later):
        return True
    if notice.event == _TAKES_BACK or notice.parameters.get("task_kind") in _AFTER_THE_END:
        return False
    of_itself = [stored.notice for stored in of_case if _thing(stored.notice) == _CASE]
    newest = max(of_itself, key=lambda notice: notice.version, default=None)
    return newest is not None and bool(newest.parameters.get("ended"))


def _ends_for(message: Message, notice: Notice) -> bool:
    """Whoever has a former number, or was the owner, must still hear that nothing is theirs any more."""
    return message.recipient.kind == RESIDENT and bool(notice.parameters.get("ended"))


def _thing(notice: Notice) -> str:
    """The kind of thing that the event is about; versions count the events of one thing."""
    return notice.event.partition(".")[0]
