"""A leased message with all that sending it takes, read from its rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from chassis.sealing import SealBroken
from field.addresses import building_of
from services.notification.events.digest import DIGEST
from services.notification.events.enrolment import ENROLMENT
from services.notification.events.event import CONTACT, FORMER, RESIDENT, Notice, Recipient
from services.notification.messages.columns import channel_names, counted_staff, plan_entries
from services.notification.messages.households import TOLD_WITH
from services.notification.texts.names import TO_RESIDENTS, TO_STAFF, address_in_text, name_in_text

Unseal = Callable[[str], Any]
Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is stored.

    :param notice: the key of its notice.
    :param channels: in the order in which they are tried; `channel_number` says which of them it is at.
    :param attempts: made on this channel.
    :param reason: of the last attempt that failed; of waiting, while it is held.
    :param counted_on: the local day of whose messages to the member of staff, or to the number, it was one.
    :param deputy: the member of staff who gets it, or got it last, where the recipient of its row is away.
    :param on_phone: whoever gets it reads the rest at the console: it says nothing personal.
    """

    id: str
    case_id: str
    notice: str
    recipient: Recipient
    template: str
    template_version: int
    channels: tuple[str, ...]
    channel_number: int
    state: str
    attempts: int
    rule: str
    urgency: int
    due_at: datetime
    reason: str | None
    counted_on: date | None
    deputy: str | None = None
    on_phone: bool = False

    @classmethod
    def from_row(cls, row: Row) -> Self:
        return cls(
            row["id"],
            row["case_id"],
            row["notice"],
            Recipient(row["recipient_kind"], row["staff_id"], row["role"], row["contact"], row["language"]),
            row["template"],
            row["template_version"],
            channel_names(row["channels"]),
            row["channel"],
            row["state"],
            row["attempts"],
            row["rule"],
            row["urgency"],
            row["due_at"],
            row["reason"],
            row["counted_on"],
            row["deputy"],
            row["on_phone"],
        )

    @property
    def channel(self) -> str:
        return self.channels[self.channel_number]

    @property
    def is_digest(self) -> bool:
        return self.rule == DIGEST

    @property
    def is_for_nobody_else(self) -> bool:
        """It opens what is theirs alone: no deputy gets it."""
        return self.rule == ENROLMENT


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """A notice as it is stored, with the recipients that were planned and the trace of its event.

    :param recipients: also those who are told of it by a message about somebody else of the household.
    :param counted: staff in whose digest it is counted.
    """

    notice: Notice
    recipients: frozenset[str]
    counted: frozenset[str]
    correlation_id: str
    traceparent: str | None

    @classmethod
    def from_row(cls, row: Row) -> Self:
        return cls(
            Notice(
                key=row["notice"],
                case_id=row["case_id"],
                arrival_id=row["arrival_id"],
                household_id=row["household_id"],
                event=row["event"],
                version=row["version"],
                supersedes=row["supersedes"],
                person=row["person"],
                worker=row["worker"],
                link=row["link"],
                parameters=row["parameters"],
            ),
            frozenset(entry.recipient for entry in plan_entries(row["plan"]))
            | frozenset(row["parameters"].get(TOLD_WITH, ())),
            frozenset(counted_staff(row["counted"])),
            row["correlation_id"],
            row["traceparent"],
        )


@dataclass(frozen=True, slots=True)
class Letter:
    """Personal fields are sealed.

    :param person: whom the case is about; for a former number, as an earlier notice had it.
    :param attempt: the number of the attempt that the lease is for.
    :param housemate: somebody of the household whose address is used, where the resident has none.
    :param is_in_use: the former number is that of somebody else of the household.
    :param is_beyond: its number got enough texts today: a human tells it instead.
    :param household: its id, or the case's where somebody lives alone; once it is leased.
    """

    message: Message
    stored: StoredNotice | None
    person: str | None
    lease: str
    attempt: int
    housemate: str | None = None
    is_in_use: bool = False
    is_beyond: bool = False
    household: str = ""

    @property
    def id(self) -> str:
        return self.message.id

    @property
    def notice(self) -> Notice | None:
        return self.stored.notice if self.stored else None

    @property
    def channel(self) -> str:
        return self.message.channel


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """The unsealed side of a message: the recipient's own data, and the variables for its text."""

    own: Mapping[str, Any]
    variables: Mapping[str, Any]

    def address(self, kind: str) -> str | None:
        return self.own.get(kind) or None


def open_message(message: Message, notice: Notice | None, person: str | None, unseal: Unseal) -> Opened:
    """:param person: sealed; whom the case is about. Raises SealBroken.

    A text bears names only as `name_in_text` leaves them, addresses as `address_in_text` does.
    """
    if message.recipient.kind == FORMER:
        return Opened(_former(notice, person, unseal), {})
    parameters = notice.parameters if notice else {}
    if message.recipient.kind == CONTACT:
        own = unseal(message.recipient.contact) if message.recipient.contact else {}
        return Opened(own, {**parameters, "name": name_in_text(own.get("name"), TO_RESIDENTS)})
    resident = unseal(person) if person else {}
    if message.recipient.kind == RESIDENT:
        worker = unseal(notice.worker) if notice and notice.worker else {}
        own, longest = resident, TO_RESIDENTS
        others = {
            "worker_name": name_in_text(worker.get("name"), longest),
            "worker_phone": worker.get("phone"),
        }
    else:
        own, longest = unseal(message.recipient.contact) if message.recipient.contact else {}, TO_STAFF
        others = {
            "resident_name": name_in_text(resident.get("name"), longest),
            "resident_phone": resident.get("phone") or contact_of(resident).get("phone"),
            "resident_address": address_in_text(resident.get("address")),
            "building": _building(resident),
        }
    return Opened(own, {**parameters, "name": name_in_text(own.get("name"), longest), **others})


def _building(resident: Mapping[str, Any]) -> str | None:
    """What a text may say of an address without saying whose it is."""
    building, name = building_of(resident.get("address") or ""), resident.get("name")
    return None if building and name and name in building else building


def _former(notice: Notice | None, former: str | None, unseal: Unseal) -> Mapping[str, Any]:
    """The person as an earlier notice had it, unless the phone is the same again."""
    own = unseal(former) if former else {}
    now = unseal(notice.person) if notice and notice.person else {}
    return {} if own.get("phone") == now.get("phone") else {"phone": own.get("phone")}


def contact_of(resident: Mapping[str, Any]) -> Mapping[str, Any]:
    """Who came along with a child or an old person without a phone, and has one."""
    return resident.get("contact") or {}


def has_address(kind: str, person: str, unseal: Unseal) -> bool:
    try:
        return bool(unseal(person).get(kind))
    except SealBroken:  # it is reported when the message itself is opened
        return True


def address_of(person: str, kind: str, unseal: Unseal) -> str | None:
    """
    :param person: sealed.
    :returns: None where there is none, or it cannot be read: that is reported for the person's own message.
    """
    try:
        return unseal(person).get(kind) or None
    except SealBroken:
        return None
