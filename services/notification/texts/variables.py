"""The variables that a template may use, each with a sample.

Beside the parameters of the event these are the fields that are unsealed when the message is sent, and
settings.
"""

from collections.abc import Mapping
from typing import Final

from services.notification.events import EVENTS
from services.notification.events.event import RESIDENT, InformingEvent, Parameter

TO_RESIDENT: Final[Mapping[str, Parameter]] = {
    "name": Parameter("欧阳建国", optional=True),
    "worker_name": Parameter("司马晓红", optional=True),
    "worker_phone": Parameter("13900001234", optional=True),
}
TO_STAFF: Final[Mapping[str, Parameter]] = {
    "name": Parameter("欧阳建国", optional=True),
    "resident_name": Parameter("Alexandra Montgomery", optional=True),
    "resident_phone": Parameter("+8613900001234", optional=True),
    "resident_address": Parameter(
        "甘肃省兰州市城关区张掖路街道大众巷社区中山路一百二十号御景小区4号楼2单元1803室", optional=True
    ),
}
SETTINGS: Final[Mapping[str, Parameter]] = {"hotline": Parameter("0931-12345")}

ALL: Final[Mapping[str, Parameter]] = {
    **{name: parameter for event in EVENTS.values() for name, parameter in event.parameters.items()},
    **TO_RESIDENT,
    **TO_STAFF,
    **SETTINGS,
}


def brought_by(event: InformingEvent, to: str) -> frozenset[str]:
    """The variables of a message about the event to one of its recipients (`to`, as a rule names them)."""
    unsealed = TO_RESIDENT if to == RESIDENT else TO_STAFF
    return frozenset(event.parameters) | unsealed.keys() | SETTINGS.keys()
