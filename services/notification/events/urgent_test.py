"""What a laboratory found asks somebody to act at once; whoever was told hears when it is corrected, too."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from services.notification.events.alarm import Alarm, AlarmWithTerm
from services.notification.events.event import TASK_KIND, Data, Parameter

QUIET_UNTIL: Final = "quiet_until"
"""In the parameters of its notice, as text: no message to the resident goes before it. No text says it."""


class TestUrgent(AlarmWithTerm):
    __test__ = False  # no test of pytest

    type = "test.urgent"
    handler = "tell_test_urgent"
    parameters: ClassVar[Mapping[str, Parameter]] = {**AlarmWithTerm.parameters, "task_kind": TASK_KIND}

    def key(self, data: Data, version: int) -> str:
        return f"test:{data['task_id']}"

    def says(self, data: Data) -> dict[str, Any]:
        quiet = data.get("quiet_until")
        more = {QUIET_UNTIL: quiet.isoformat()} if quiet else {}
        return super().says(data) | {"task_kind": data["task_kind"], **more}


class TestUrgentCorrected(Alarm):
    __test__ = False  # no test of pytest

    type = "test.urgent_corrected"
    handler = "tell_test_urgent_corrected"
    parameters: ClassVar[Mapping[str, Parameter]] = {**Alarm.parameters, "task_kind": TASK_KIND}

    def key(self, data: Data, version: int) -> str:
        return f"test_corrected:{data['task_id']}"

    def says(self, data: Data) -> dict[str, Any]:
        return super().says(data) | {"task_kind": data["task_kind"]}
