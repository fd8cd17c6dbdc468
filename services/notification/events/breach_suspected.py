"""Somebody is late back, out without leave or not at home: whoever it names is told at once."""

from collections.abc import Mapping
from typing import Any, ClassVar

from services.notification.events.alarm import AlarmWithTerm
from services.notification.events.event import Data, Parameter


class BreachSuspected(AlarmWithTerm):
    type = "breach.suspected"
    handler = "tell_breach_suspected"
    parameters: ClassVar[Mapping[str, Parameter]] = {
        **AlarmWithTerm.parameters,
        "breach": Parameter("late_back"),
    }

    def key(self, data: Data, version: int) -> str:
        return f"breach:{data['task_id']}"

    def says(self, data: Data) -> dict[str, Any]:
        return super().says(data) | {"breach": data.get("found") or data["why"]}
