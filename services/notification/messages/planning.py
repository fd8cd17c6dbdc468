"""When a case is opened or changed, or a task is overdue, write down what is to be told to whom.

Texts are made when they are sent. Everything is written under natural keys, so the order of events
and a second handling change nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.database.statements import database_now, insert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.notification.messages import states
from services.notification.messages.notices import Notice, of_case_changed, of_case_opened, of_task_overdue
from services.notification.rules.book import RuleBook
from services.notification.tables import messages, notices
from services.notification.texts.loading import Texts


@dataclass(frozen=True)
class Telling:
    """The use cases of intake, under one set of rules and templates."""

    rules: RuleBook
    texts: Texts

    def on_case_opened(self, uow: UnitOfWork, events: Sequence[Event]) -> None:
        self._write(uow, events, lambda event: of_case_opened(event.data, event.version, self.rules))

    def on_case_changed(self, uow: UnitOfWork, events: Sequence[Event]) -> None:
        self._write(uow, events, lambda event: of_case_changed(event.data, event.version, self.rules))

    def on_task_overdue(self, uow: UnitOfWork, events: Sequence[Event]) -> None:
        self._write(
            uow,
            events,
            lambda event: of_task_overdue(event.data, event.data["task_id"], event.data["step"], self.rules),
        )

    def _write(self, uow: UnitOfWork, events: Sequence[Event], read: Callable[[Event], Notice]) -> None:
        due_at = database_now(uow.conn)
        notice_rows: list[dict[str, Any]] = []
        message_rows: list[dict[str, Any]] = []
        for event in events:
            notice = read(event)
            notice_rows.append(_notice_row(notice, event, uow.now))
            message_rows += self._message_rows(notice, due_at, uow.now)
        notice_rows.sort(key=_by_case)  # replicas write in one order
        message_rows.sort(key=_by_id)
        insert_rows(uow.conn, notices, notice_rows, ignore_conflicts=True)
        insert_rows(uow.conn, messages, message_rows, ignore_conflicts=True)

    def _message_rows(self, notice: Notice, due_at: datetime, now: datetime) -> list[dict[str, Any]]:
        return [
            {
                "id": told.id,
                "case_id": notice.case_id,
                "notice": notice.key,
                "rule": told.rule.name,
                "recipient_kind": told.kind,
                "staff_id": told.staff_id,
                "role": told.role,
                "contact": told.contact,
                "language": told.language,
                "template": told.rule.template,
                "template_version": self.texts.latest(told.rule.template),
                "channels": ",".join(told.rule.channels),
                "urgency": told.rule.urgency,
                "state": states.PENDING,
                "due_at": due_at,
                "created_at": now,
            }
            for told in notice.told
        ]


def _notice_row(notice: Notice, event: Event, now: datetime) -> dict[str, Any]:
    return {
        "case_id": notice.case_id,
        "notice": notice.key,
        "arrival_id": notice.arrival_id,
        "household_id": notice.household_id,
        "event": notice.event,
        "version": notice.version,
        "supersedes": notice.supersedes,
        "planned": len(notice.told),
        "plan": notice.plan,
        "person": notice.person,
        "worker": notice.worker,
        "parameters": notice.parameters,
        "correlation_id": event.correlationid,
        "traceparent": event.traceparent,
        "handled_at": now,
    }


def _by_case(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["case_id"], row["notice"]


def _by_id(row: Mapping[str, Any]) -> str:
    return str(row["id"])
