"""When something happened that informs somebody, plan the messages.

Texts are made when they are sent. Everything is written under natural keys, so the order of events and a
second handling change nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from chassis.database.statements import database_now, insert_missing, insert_rows, is_in
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.notification.events import EVENTS
from services.notification.messages import states
from services.notification.messages.count_in_digests import count_in_digests
from services.notification.messages.households import Planned, once_a_household
from services.notification.messages.place_names import with_places
from services.notification.messages.planning import Plan, plan
from services.notification.messages.rows import message_row, notice_row
from services.notification.messages.stripped import without_people
from services.notification.messages.tables import messages, notices
from services.notification.rules.book import FOLDED, RuleBook
from services.notification.rules.in_use import pace_in_use, rules_in_use
from services.notification.rules.pace import Pace


def inform(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Plan the messages of these events by the rules in use."""
    plan_messages(uow, events, rules_in_use(), pace_in_use(uow.zone))


def plan_messages(uow: UnitOfWork, events: Sequence[Event], book: RuleBook, pace: Pace) -> None:
    due_at, next_digest = database_now(uow.conn), pace.next_digest(uow.now)
    notice_rows: list[dict[str, Any]] = []
    message_rows: list[dict[str, Any]] = []
    held_rows: list[dict[str, Any]] = []
    all_planned = [
        Planned(event, plan(EVENTS[event.type], event.data, event.version, book)) for event in events
    ]
    all_planned = without_people(uow.conn, with_places(uow.conn, all_planned))
    for event, planned in once_a_household(all_planned):
        notice_rows.append(notice_row(planned, event, uow.now))
        case_id, key = planned.notice.case_id, planned.notice.key
        for message in planned.messages:
            if message.rule.digest == FOLDED:
                row = message_row(message, case_id, key, next_digest, uow.now)
                held_rows.append({**row, "state": states.HELD, "reason": states.FOR_DIGEST})
            else:
                message_rows.append(message_row(message, case_id, key, due_at, uow.now))
    notice_rows.sort(key=_by_case)  # replicas write in one order
    message_rows.sort(key=_by_id)
    held_rows.sort(key=_by_id)
    counted = [planned for _, planned in all_planned if planned.counted]
    if insert_missing(uow.conn, notices, notice_rows) < len(notice_rows):
        counted = _not_counted_before(uow, counted)
    insert_rows(uow.conn, messages, message_rows, ignore_conflicts=True)
    insert_rows(uow.conn, messages, held_rows, ignore_conflicts=True)
    count_in_digests(uow.conn, counted, next_digest)


def _not_counted_before(uow: UnitOfWork, plans: Sequence[Plan]) -> list[Plan]:
    """Those whose notices are of this transaction; no other one handled events at the same microsecond."""
    n, cases = notices.c, [plan.notice.case_id for plan in plans]
    own = select(n.case_id, n.notice).where(is_in(uow.conn, n.case_id, cases), n.handled_at == uow.now)
    new = {(case_id, key) for case_id, key in uow.conn.execute(own)}
    return [plan for plan in plans if (plan.notice.case_id, plan.notice.key) in new]


def _by_case(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["case_id"], row["notice"]


def _by_id(row: Mapping[str, Any]) -> str:
    return str(row["id"])
