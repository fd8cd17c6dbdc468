"""Leave to go out was asked for: whoever decides is told, by when; of an emergency the team too, at once."""

from collections.abc import Mapping
from typing import Any, ClassVar

from services.notification.events.alarm import AlarmWithTerm
from services.notification.events.event import TASK_KIND, Data, Facts, Parameter, Selector
from services.notification.events.task_overdue import URGENT


class PermitAsked(AlarmWithTerm):
    type = "permit.asked"
    handler = "tell_permit_asked"
    selectors = (Selector("tasks", "kind"),)
    parameters: ClassVar[Mapping[str, Parameter]] = {**AlarmWithTerm.parameters, "task_kind": TASK_KIND}

    def key(self, data: Data, version: int) -> str:
        return f"permit:{data['permit_id']}"

    def says(self, data: Data) -> dict[str, Any]:
        return super().says(data) | {"task_kind": data["task_kind"]}

    def facts(self, data: Data) -> Facts:
        kind = data["task_kind"]
        return ((kind, URGENT) if data["urgent"] else (kind,),)
