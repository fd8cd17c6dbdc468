"""A contact person of a household may report for it: they get a link of their own."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from services.notification.events.event import (
    CONTACT,
    DEFAULT_LANGUAGE,
    PLACE,
    Data,
    InformingEvent,
    Notice,
    Parameter,
    Recipient,
)


class ContactInvited(InformingEvent):
    """It says neither who lives there nor why: that stands on the page."""

    type = "contact.invited"
    handler = "tell_contact_invited"
    parameters: ClassVar[Mapping[str, Parameter]] = {"place": PLACE}
    recipients = (CONTACT,)

    def places(self, data: Data) -> tuple[str | None, ...]:
        return (data.get("community"),)

    def notice(self, data: Data, version: int) -> Notice:
        return Notice(
            f"contact:{data['link_id']}",
            data["case_id"],
            data["arrival_id"],
            self.type,
            version,
            {"place": None},
            data.get("household_id"),
            link=data["link"],
        )

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        language = data.get("language") or DEFAULT_LANGUAGE
        return (Recipient(CONTACT, contact=data["contact"], language=language),)
