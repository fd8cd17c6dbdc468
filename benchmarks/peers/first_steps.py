"""The rules both peers share: which six tasks a case begins with, and what the two messages say."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

DAYS = 7
MEASURE = "home_isolation"


def first_tasks(arrived_at: datetime) -> list[dict[str, Any]]:
    """Today's and tomorrow's tasks of someone from a high-risk place: a visit, a test a day, check-ins."""
    morning = arrived_at.replace(hour=8, minute=0, second=0, microsecond=0)

    def due(kind: str, day: int, hour: int, hours: int, role: str) -> dict[str, Any]:
        begin = morning + timedelta(days=day, hours=hour - 8)
        return {
            "kind": kind,
            "day": day + 1,
            "due_from": begin,
            "due_by": begin + timedelta(hours=hours),
            "role": role,
        }

    return [
        due("visit", 0, 9, 12, "grid_worker"),
        due("test", 0, 9, 12, "health_worker"),
        due("check_in", 0, 16, 4, "resident"),
        due("check_in", 1, 8, 4, "resident"),
        due("test", 1, 9, 12, "health_worker"),
        due("check_in", 1, 16, 4, "resident"),
    ]


def messages(name: str, phone: str, days: int, release_on: str, address: str) -> list[dict[str, str]]:
    """One message to the resident and one to the worker at the door."""
    return [
        {
            "recipient_kind": "resident",
            "recipient": phone,
            "template": "isolation_begins",
            "text": f"{name}您好：您需居家隔离{days}天，至{release_on}止。"
            "请每日早晚上报体温和症状，社区工作人员会与您联系。",
        },
        {
            "recipient_kind": "staff",
            "recipient": "13800000000",
            "template": "new_case",
            "text": f"新增居家隔离人员：{name}，电话{phone}，住址{address}，至{release_on}解除。请今日上门。",
        },
    ]
