"""The term of a case has passed: its notices and messages name nobody any more."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select, update

from chassis.database.statements import insert_missing, is_in
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.notification.messages.messages_of import messages_of
from services.notification.messages.tables import messages, notices, stripped_cases


def strip_notices(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Takes `case.stripped`. What was sent to whom by which rule stays, and which message became what.

    A message that was waiting still finds nobody's number, and fails as such: the case ended a month ago at
    the least. News that comes later is kept without people: see `messages/inform.py`.
    """
    conn, case_ids = uow.conn, sorted({event.data["case_id"] for event in events})
    insert_missing(conn, stripped_cases, [{"case_id": id, "at": uow.now} for id in case_ids])
    n, m = notices.c, messages.c
    sealed = or_(n.person.is_not(None), n.worker.is_not(None), n.link.is_not(None))
    these = is_in(conn, n.case_id, case_ids) & sealed
    conn.execute(update(notices).where(these).values(person=None, worker=None, link=None))
    ids = sorted(row.id for row in messages_of(conn, select(m.id).where(m.contact.is_not(None)), case_ids))
    conn.execute(update(messages).where(is_in(conn, m.id, ids)).values(contact=None))
