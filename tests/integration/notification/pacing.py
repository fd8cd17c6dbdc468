"""Building blocks for tests of digests, nights and limits: a clock that is moved, and what was sent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from chassis.clock import Clock
from chassis.unit_of_work import Work
from contracts.envelope import Event
from services.notification.messages import write_digests
from services.notification.messages.inform import plan_messages
from services.notification.rules.in_use import pace_from
from services.notification.rules.pace import Pace
from services.notification.tables import digests, messages, notices
from tests.integration.notification.trial import QUICK, RULES, SEALER, ZONE, Gateway, event, opened, overdue

USUAL = pace_from({}, ZONE)
"""As without any settings: 12 a day, and a night from 22:00 to 07:00."""


def at(hour: int, minute: int = 0, day: int = 1) -> datetime:
    return datetime(2022, 10, day, hour, minute, tzinfo=ZONE)


def with_clock(work: Work, path: Path, moment: datetime) -> Work:
    moved = replace(work, clock=Clock(path / "clock"))
    moved.clock.set(moment)
    return moved


def plan(work: Work, events: Sequence[Event], pace: Pace = USUAL) -> None:
    with work.unit() as uow:
        plan_messages(uow, events, RULES, pace)


def turn(work: Work, pace: Pace = USUAL) -> None:
    """As the timer does, until nothing is left."""
    for _ in range(50):
        with work.unit() as uow:
            if not write_digests.turn(uow, pace, RULES.digest_version):
                return
    raise AssertionError("the timer finds something to do for ever")


def send(work: Work, gateway: Gateway, pace: Pace = USUAL) -> None:
    """All that may go now."""
    sender = gateway.sender(work, replace(QUICK, pace=pace))
    while sender.run_once():
        pass


def contact(name: str = "李红", phone: str = "13911112222") -> str:
    return SEALER.seal({"name": name, "phone": phone})


def late(staff_id: str = "w1", kind: str = "first_contact", community: str = "c1", **more: Any) -> Event:
    """A task of a case of its own was not done, and this member of staff is told."""
    case = opened().data["case_id"]
    told = overdue(case, kind=kind)
    tell = {**told.data["tell"], "staff": [{**told.data["tell"]["staff"][0], "staff_id": staff_id}]}
    return event(
        "task.overdue", told.data["task_id"], 1, {**told.data, "community": community, "tell": tell, **more}
    )


def team(*members: str) -> list[dict[str, Any]]:
    """The owner first."""
    roles = ("grid_worker", "health_worker", "community_officer", "police")
    return [
        {"role": role, "staff_id": who, "contact": contact()}
        for role, who in zip(roles, members, strict=False)
    ]


def digest_messages(work: Work) -> list[dict[str, Any]]:
    """Each with the parameters of its text."""
    of_it = (notices.c.case_id == messages.c.case_id) & (notices.c.notice == messages.c.notice)
    wanted = select(messages, notices.c.parameters).join(notices, of_it).where(messages.c.rule == "digest")
    with work.database.read() as conn:
        rows = conn.execute(wanted.order_by(messages.c.created_at, messages.c.staff_id)).mappings()
        return [dict(row) for row in rows]


def digest_rows(work: Work) -> list[dict[str, Any]]:
    with work.database.read() as conn:
        return [dict(row) for row in conn.execute(select(digests).order_by(digests.c.id)).mappings()]


def an_hour(moment: datetime, hours: int = 1) -> datetime:
    return moment + timedelta(hours=hours)
