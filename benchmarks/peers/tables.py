"""The tables of both peers: three services, three databases, classes for SQLAlchemy's ORM.

They hold the fields Doorstep holds for an arrival, a case, a task and a message, in plain text.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, ForeignKey, String, Text, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Stamped:
    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Registration(DeclarativeBase):
    pass


class Isolation(DeclarativeBase):
    pass


class Notification(DeclarativeBase):
    pass


class Arrival(Stamped, Registration):
    __tablename__ = "arrivals"

    event_id: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(String(80))
    source_kind: Mapped[str] = mapped_column(String(20))
    reference: Mapped[str | None] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(80))
    identity_type: Mapped[str | None] = mapped_column(String(30))
    identity_number: Mapped[str | None] = mapped_column(String(40), index=True)
    phone: Mapped[str | None] = mapped_column(String(30), index=True)
    stops: Mapped[list[Any]] = mapped_column(JSON)
    transport: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    arrived_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expected: Mapped[bool]
    division: Mapped[str | None] = mapped_column(String(12))
    address: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(10))
    remarks: Mapped[str | None] = mapped_column(Text)


class Case(Stamped, Isolation):
    __tablename__ = "cases"

    arrival_id: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str | None] = mapped_column(String(30))
    address: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20))
    measure: Mapped[str] = mapped_column(String(30))
    days: Mapped[int]
    release_on: Mapped[date]
    tasks: Mapped[list[Task]] = relationship(back_populates="case")


class Task(Stamped, Isolation):
    __tablename__ = "tasks"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    day: Mapped[int]
    due_from: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    due_by: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    role: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default="planned")
    case: Mapped[Case] = relationship(back_populates="tasks")


class Message(Stamped, Notification):
    __tablename__ = "messages"

    case_id: Mapped[int] = mapped_column(index=True)
    arrival_id: Mapped[int]
    recipient_kind: Mapped[str] = mapped_column(String(20))
    recipient: Mapped[str] = mapped_column(String(40))
    channel: Mapped[str] = mapped_column(String(20), default="sms")
    template: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20), default="queued")


METADATA = {
    "registration": Registration.metadata,
    "isolation": Isolation.metadata,
    "notification": Notification.metadata,
}
