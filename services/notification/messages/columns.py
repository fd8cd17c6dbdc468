"""Columns that hold a list as text: `channels`, `notices.plan`, `counted`; written and read only here."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, func

from services.notification.messages.planning import PlannedMessage


class PlanEntry(NamedTuple):
    """One planned message, as the audit names it: `worker_at_the_door>s1`."""

    rule: str
    recipient: str

    def __str__(self) -> str:
        return f"{self.rule}>{self.recipient}"


def plan_text(messages: Iterable[PlannedMessage]) -> str:
    return ",".join([f"{message.rule.name}>{message.recipient.id}" for message in messages])


def plan_entries(text: str) -> tuple[PlanEntry, ...]:
    parts = (part.partition(">") for part in text.split(",") if part)
    return tuple(PlanEntry(rule, recipient) for rule, _, recipient in parts)


def counted_text(staff_ids: Iterable[str]) -> str | None:
    return ",".join(staff_ids) or None


def counted_staff(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def how_many_counted(column: ColumnElement[str | None]) -> ColumnElement[int]:
    """The number of members of staff in the column, for a query."""
    commas = func.length(column) - func.length(func.replace(column, ",", ""))
    return case((column.is_(None), 0), else_=commas + 1)


def channels_text(channels: Iterable[str]) -> str:
    return ",".join(channels)


def channel_names(text: str) -> tuple[str, ...]:
    """In the order in which they are tried."""
    return tuple(text.split(","))
