"""What is planned, as rows of notices and messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contracts.envelope import Event
from services.notification.messages import states
from services.notification.messages.columns import channels_text, counted_text, plan_text
from services.notification.messages.planning import Plan, PlannedMessage


def notice_row(planned: Plan, event: Event, now: datetime) -> dict[str, Any]:
    notice = planned.notice
    return {
        "case_id": notice.case_id,
        "notice": notice.key,
        "arrival_id": notice.arrival_id,
        "household_id": notice.household_id,
        "event": notice.event,
        "version": notice.version,
        "supersedes": notice.supersedes,
        "planned": len(planned.messages),
        "plan": plan_text(planned.messages),
        "counted": counted_text([recipient.id for _, recipient in planned.counted]),
        "person": notice.person,
        "worker": notice.worker,
        "link": notice.link,
        "parameters": notice.parameters,
        "correlation_id": event.correlationid,
        "traceparent": event.traceparent,
        "handled_at": now,
    }


def message_row(
    message: PlannedMessage, case_id: str, notice: str, due_at: datetime, now: datetime
) -> dict[str, Any]:
    rule, recipient = message.rule, message.recipient
    return {
        "id": message.id,
        "case_id": case_id,
        "notice": notice,
        "rule": rule.name,
        "recipient_kind": recipient.kind,
        "staff_id": recipient.staff_id,
        "role": recipient.role,
        "contact": recipient.contact,
        "language": recipient.language,
        "template": rule.template,
        "template_version": rule.template_version,
        "channels": channels_text(rule.channels),
        "urgency": rule.urgency,
        "state": states.PENDING,
        "due_at": due_at,
        "created_at": now,
    }
