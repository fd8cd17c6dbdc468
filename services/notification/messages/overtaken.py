"""Whether a message that was not sent yet would now say something untrue."""

from collections.abc import Iterable

from services.notification.events.event import Notice
from services.notification.messages.letters import Message, StoredNotice

_CASE = "case"
_INSTEAD_OF_TEXTS = ("call_them", "visit_them")


def is_overtaken(message: Message, notice: Notice, of_case: Iterable[StoredNotice]) -> bool:
    """Whether a later event of the same kind of thing informs the same recipient of what holds now.

    Nobody is reminded of a task once its case has ended, but for calling or visiting whom no text tells so.
    """
    of_case = list(of_case)
    if _thing(notice) != _CASE:
        known = [later.notice for later in of_case if _thing(later.notice) == _CASE]
        newest = max(known, key=lambda notice: notice.version, default=None)
        if notice.parameters.get("task_kind") in _INSTEAD_OF_TEXTS:
            return False
        return newest is not None and bool(newest.parameters.get("ended"))
    return any(
        later.notice.supersedes
        and later.notice.version > notice.version
        and _thing(later.notice) == _CASE
        and message.recipient.id in later.recipients
        for later in of_case
    )


def _thing(notice: Notice) -> str:
    """The kind of thing that the event is about; versions count the events of one thing."""
    return notice.event.partition(".")[0]
