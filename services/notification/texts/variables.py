"""The variables that a template may use, each with a sample.

Beside the parameters of the event these are the fields that are unsealed when the message is sent, and
settings.
"""

from collections.abc import Mapping
from typing import Final

from services.notification.events import EVENTS, enrolment
from services.notification.events.case import FORMER_NUMBER
from services.notification.events.digest import PARAMETERS
from services.notification.events.event import CONTACT, RESIDENT, InformingEvent, Parameter
from services.notification.texts.link import doors_of, link_of

# As long as the contract of reports allows; in letters of which fewest go into a text message.
_NAME: Final = Parameter("欧阳建国" * 25, optional=True, shortest=4)
_ADDRESS: Final = Parameter(
    "甘肃省兰州市城关区张掖路街道大众巷社区中山路一百二十号御景小区4号楼2单元18楼1803室，" * 7,
    optional=True,
    shortest=40,
)
_PHONE: Final = Parameter("+8613900001234", optional=True)
LONGEST_PUBLIC_URL: Final = 36
_URL: Final = "https://".ljust(LONGEST_PUBLIC_URL, "x")
_LINK: Final = Parameter(link_of(_URL, "0123456789ab"), optional=True)
TO_RESIDENT: Final[Mapping[str, Parameter]] = {
    "name": _NAME,
    "worker_name": _NAME,
    "worker_phone": _PHONE,
    "link": _LINK,
}
TO_STAFF: Final[Mapping[str, Parameter]] = {
    "name": _NAME,
    "resident_name": _NAME,
    "resident_phone": _PHONE,
    "resident_address": _ADDRESS,
}
ON_PHONE: Final[Mapping[str, Parameter]] = {
    "building": Parameter("…叉口东北角的新世纪国际花园三期12号楼", optional=True),
    "household_link": Parameter(doors_of(_URL, "01839a52-1d40-5b7e-9c11-7d0b5e2f4a61"), optional=True),
    "doors_link": Parameter(doors_of(_URL), optional=True),
}
"""For staff who read the rest at the console: nothing of it is personal."""
ENROLMENT: Final[Mapping[str, Parameter]] = {
    **enrolment.PARAMETERS,
    "enrolment_link": Parameter(f"{_URL}/take-up/".ljust(88, "x"), optional=True),
}
LONGEST_HOTLINE: Final = 16
SETTINGS: Final[Mapping[str, Parameter]] = {"hotline": Parameter("0931-1234567-890")}

ALL: Final[Mapping[str, Parameter]] = {
    **{name: parameter for event in EVENTS.values() for name, parameter in event.parameters.items()},
    **PARAMETERS,
    **TO_RESIDENT,
    **TO_STAFF,
    **ON_PHONE,
    **ENROLMENT,
    **SETTINGS,
}
PERSONAL: Final = frozenset(TO_RESIDENT.keys() | TO_STAFF.keys())


SHORTEST: Final[Mapping[str, int]] = {
    name: parameter.shortest for name, parameter in ALL.items() if parameter.shortest is not None
}
"""The variables that are cut where a text is too long, and how many places each keeps."""


def brought_by(event: InformingEvent, to: str) -> frozenset[str]:
    """The variables of a message about the event to one of its recipients (`to`, as a rule names them).

    A stranger learns nothing of the event.
    """
    if to == FORMER_NUMBER:
        return frozenset(SETTINGS)
    if to == CONTACT:
        return frozenset(event.parameters) | {"name", "link"} | SETTINGS.keys()
    unsealed = TO_RESIDENT if to == RESIDENT else TO_STAFF
    on_phone = frozenset[str]() if to == RESIDENT else ON_PHONE.keys()
    return frozenset(event.parameters) | unsealed.keys() | on_phone | SETTINGS.keys()
