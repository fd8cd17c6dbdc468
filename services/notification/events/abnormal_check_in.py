"""A check-in alarms: whoever it names is told at once, and told as well that it was a mistake."""

from services.notification.events.alarm import Alarm, AlarmWithTerm
from services.notification.events.event import Data, Notice


class CheckInAbnormal(AlarmWithTerm):
    type = "check_in.abnormal"
    handler = "tell_check_in_abnormal"

    def key(self, data: Data, version: int) -> str:
        return f"abnormal:{data['check_in_id']}:{version}"


class CheckInCorrected(Alarm):
    type = "check_in.corrected"
    handler = "tell_check_in_corrected"

    def key(self, data: Data, version: int) -> str:
        return f"corrected:{data['check_in_id']}:{version}"


def check_in_of(notice: Notice) -> str:
    """Of a notice of these events, the id of the check-in."""
    return notice.key.split(":")[1]
