"""A household needs a doctor, or medicine that ends today: whoever it names is told at once."""

from services.notification.events.alarm import AlarmWithTerm
from services.notification.events.event import Data


class NeedUrgent(AlarmWithTerm):
    type = "need.urgent"
    handler = "tell_need_urgent"

    def key(self, data: Data, version: int) -> str:
        return f"need:{data['need_id']}"
