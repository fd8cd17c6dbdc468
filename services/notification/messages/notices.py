"""From an event to what must be told: one notice, and one message for each recipient.

Everything of an event goes in as plain data and comes out as plain data. Personal data stays sealed:
it passes through as the token in which it came.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from services.notification.rules.book import SUPERSEDING, Rule, RuleBook

RESIDENT: Final = "resident"
OWNER: Final = "owner"  # who answers for the case: the first of its team
TEAM: Final = "team"
LADDER: Final = "ladder"
STAFF: Final = "staff"
DEFAULT_LANGUAGE: Final = "zh-CN"

# Who may be named to a resident as the one to call, the first of them that the case has.
CONTACT_ROLES: Final = ("grid_worker", "community_officer", "health_worker")

# What the texts may use, beside the names, phones and addresses that are unsealed when a message is sent.
CASE_PARAMETERS: Final = frozenset(
    {
        "measure",
        "previous_measure",
        "days",
        "counted_from",
        "release_on",
        "risk_level",
        "reason",
        "contact_by",
    }
)
# What makes a message about a case another one, beside whom the resident may call. Not by when somebody is to
# come, for that follows from when the case was handled; and nothing sealed, for it looks different each time.
_SAYS: Final = ("measure", "days", "counted_from", "release_on")
OVERDUE_PARAMETERS: Final = frozenset({"task_kind", "day", "due_by", "level", "case_number"})


@dataclass(frozen=True, slots=True)
class Told:
    """One message to be: `recipient` is what it is under, unique within the notice."""

    id: str
    rule: Rule
    kind: str
    recipient: str
    staff_id: str | None
    role: str | None
    contact: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What one event makes us tell. `person` and `worker` are sealed."""

    key: str
    case_id: str
    arrival_id: str
    household_id: str | None
    event: str
    version: int
    supersedes: bool
    person: str | None
    worker: str | None
    parameters: Mapping[str, Any]
    told: Sequence[Told]

    @property
    def plan(self) -> str:
        """`rule>recipient`, comma separated: by this the audit names what is missing."""
        return ",".join([f"{told.rule.name}>{told.recipient}" for told in self.told])


def message_id(case_id: str, notice: str, rule: str, recipient: str, *says: object) -> str:
    """The natural key of a message, as a UUID (version 8).

    The first 48 bits are those of the case (32 of the arrival's time, 16 that the people of one report
    share), the others a digest of the key. So the messages of a case lie together in the primary key, telling
    twice hits the same row, and a provider that knows idempotency keys would notice even a database restored
    from an older copy.

    :param says: what is told. After a restore a case may come to the same version another way: what says
        something new is another message, which the provider must not take for one it has sent.
    """
    key = "/".join(map(str, (case_id, notice, rule, recipient, *says)))
    digest = blake2b(key.encode(), digest_size=10).hexdigest()
    return f"{case_id[:13]}-8{digest[:3]}-{_VARIANT[digest[3]]}{digest[4:7]}-{digest[7:19]}"


_VARIANT: Final = {f"{n:x}": "89ab"[n % 4] for n in range(16)}


def id_range(case_id: str) -> tuple[str, str]:
    """Between these lie all messages of the case, and perhaps of others of the same report."""
    return f"{case_id[:13]}-0000-0000-000000000000", f"{case_id[:13]}-ffff-ffff-ffffffffffff"


def of_case_opened(data: Mapping[str, Any], version: int, book: RuleBook) -> Notice:
    return _of_case(
        data, version, "case.opened", f"opened:{version}", False, book.when_opened(data["measure"])
    )


def of_case_changed(data: Mapping[str, Any], version: int, book: RuleBook) -> Notice:
    kinds: Sequence[str] = data["change"]["kinds"]
    rules = book.when_changed(data["measure"], kinds)
    supersedes = not SUPERSEDING.isdisjoint(kinds)
    return _of_case(data, version, "case.changed", f"changed:{version}", supersedes, rules)


def of_task_overdue(data: Mapping[str, Any], task_id: str, step: int, book: RuleBook) -> Notice:
    case_id = data["case_id"]
    key = f"overdue:{task_id}:{step}"
    tell = data["tell"]
    told = [
        _to_staff(case_id, key, rule, member)
        for rule in book.when_overdue(data["kind"])
        if rule.to == LADDER
        for member in _by_id(tell["staff"])
    ]
    parameters = {
        "task_kind": data["kind"],
        "day": data.get("day"),
        "due_by": data["due_by"],
        "level": tell["level"],
        "case_number": case_number(case_id),
    }
    return Notice(
        key,
        case_id,
        data["arrival_id"],
        None,
        "task.overdue",
        step,
        False,
        None,
        None,
        parameters,
        _once_each(told),
    )


def case_number(case_id: str) -> str:
    """Short enough for a text message and unlike that of a neighbouring case."""
    return case_id[-8:].upper()


def _of_case(
    data: Mapping[str, Any], version: int, event: str, key: str, supersedes: bool, rules: Sequence[Rule]
) -> Notice:
    case_id: str = data["case_id"]
    team: Sequence[Mapping[str, Any]] = data["team"]
    to_be_called = _to_be_called(team)
    says = (*(data.get(name) for name in _SAYS), to_be_called.get("staff_id"))
    told: list[Told] = []
    for rule in rules:
        if rule.to == RESIDENT:
            message = message_id(case_id, key, rule.name, RESIDENT, *says)
            language = data.get("language") or DEFAULT_LANGUAGE
            told.append(Told(message, rule, RESIDENT, RESIDENT, None, None, None, language))
        elif rule.to in (OWNER, TEAM):
            members = team[:1] if rule.to == OWNER else [m for m in team if m["role"] == rule.role]
            told += [_to_staff(case_id, key, rule, m, *says) for m in members if m["staff_id"]]
    change = data.get("change") or {}
    parameters = {
        "measure": data["measure"],
        "previous_measure": change.get("previous_measure"),
        "days": data.get("days"),
        "counted_from": data.get("counted_from"),
        "release_on": data.get("release_on"),
        "risk_level": data.get("risk_level"),
        "reason": change.get("reason"),
        "contact_by": _contact_by(data.get("today") or ()),
    }
    return Notice(
        key,
        case_id,
        data["arrival_id"],
        data.get("household_id"),
        event,
        version,
        supersedes,
        data.get("person"),
        to_be_called.get("contact"),
        parameters,
        _once_each(told),
    )


def _to_staff(case_id: str, key: str, rule: Rule, member: Mapping[str, Any], *says: object) -> Told:
    staff_id: str = member["staff_id"]
    return Told(
        message_id(case_id, key, rule.name, staff_id, *says),
        rule,
        STAFF,
        staff_id,
        staff_id,
        member["role"],
        member.get("contact"),
        member.get("language") or DEFAULT_LANGUAGE,
    )


def _once_each(told: Iterable[Told]) -> list[Told]:
    """One who has several roles, or stands in a list twice, gets one message."""
    found: dict[str, Told] = {}
    for each in told:
        found.setdefault(each.recipient, each)
    return list(found.values())


def _by_id(staff: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(staff, key=lambda member: member["staff_id"])


def _to_be_called(team: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The member of the team; empty if there is none who can be called."""
    can_be = {member["role"]: member for member in team if member.get("contact")}
    for role in CONTACT_ROLES:
        if role in can_be:
            return can_be[role]
    return next(iter(can_be.values()), {})


def _contact_by(today: Iterable[Mapping[str, Any]]) -> Any:
    """By when somebody is to be at the door, where that is planned."""
    return min((task["due_by"] for task in today if task["kind"] == "first_contact"), default=None)


def opened(
    message: Mapping[str, Any],
    notice: Mapping[str, Any] | None,
    person: str | None,
    unseal: Callable[[str], Any],
) -> tuple[str | None, dict[str, Any]]:
    """The recipient's phone and what the text may say of both sides, unsealed.

    :param message: a row of messages; `notice` its notice, `person` (sealed) whom the case is about.
    """
    parameters = dict(notice["parameters"]) if notice else {}
    resident = unseal(person) if person else {}
    if message["recipient_kind"] == RESIDENT:
        worker = unseal(notice["worker"]) if notice and notice["worker"] else {}
        own = resident
        others = {"worker_name": worker.get("name"), "worker_phone": worker.get("phone")}
    else:
        own = unseal(message["contact"]) if message["contact"] else {}
        others = {f"resident_{part}": resident.get(part) for part in ("name", "phone", "address")}
    return own.get("phone"), {**parameters, "name": own.get("name"), **others}
