"""A household as its own page shows it: plain values, made of what isolation's door answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from field.telling_apart import Label
from services.console.pages.shown.needs import Need, read_needs
from services.console.pages.shown.permits import Permit, read_permits

_JUST_NOW: Final = timedelta(minutes=3)
_ALARM_SHOWN: Final = timedelta(hours=24)
_INFANT_MONTHS: Final = 3


@dataclass(frozen=True, slots=True)
class Window:
    """When temperature and symptoms are asked for."""

    begins: datetime
    ends: datetime
    done: bool
    late: bool


@dataclass(frozen=True, slots=True)
class Test:
    """:param state: of its task."""

    __test__ = False  # no test of pytest

    day: int
    on: date
    state: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Of their measure: by when it is to be signed, and whether it is.

    :param by_proxy: who signed it for them; "" where they did it themselves.
    """

    by: datetime
    signed: bool
    by_proxy: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """:param told: (role, name) of those who were told at once.
    :param seen_at: when somebody took it up; None: nobody has yet.
    """

    told: Sequence[tuple[str, str]]
    by: datetime
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """:param temperature: as it is written everywhere, 36.5; "" where only a symptom was said.
    :param correctable: its id, where it can be corrected still.
    """

    at: datetime
    received_at: datetime
    temperature: str
    symptoms: Sequence[str]
    late: bool
    alarm: Alarm | None
    correctable: str | None


@dataclass(frozen=True, slots=True)
class Breach:
    """That an officer confirmed.

    :param why: one of BREACH_KINDS.
    """

    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Stage:
    """Of a measure, after the one in force."""

    measure: str
    days: int
    until: date


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the household.

    :param window: that a check-in now would be the one of; None: there is none.
    :param missed_window: before it, without a check-in, for which one counts still.
    :param called_at: when somebody called them about what a laboratory found; None: nobody did.
    :param is_contact: of somebody who was found positive.
    :param is_discharged: they came home from hospital, and are followed for that.
    :param entered_on: the day on which they came from abroad; None: it counts for nothing.
    :param breaches: of which they were reminded, the oldest first.
    :param then: the stages that follow.
    """

    case_id: str
    label: Label
    state: str
    ended: bool
    measure: str
    risk_level: str
    day: int
    days: int
    release_on: date
    symptoms: Sequence[str]
    window: Window | None
    missed_window: Window | None
    next_window: Window | None
    notice: Notice | None
    tests: Sequence[Test]
    check_ins: Sequence[CheckedIn]
    called_at: datetime | None = None
    is_contact: bool = False
    is_discharged: bool = False
    entered_on: date | None = None
    breaches: Sequence[Breach] = ()
    then: Sequence[Stage] = ()

    @property
    def standing(self) -> tuple[Any, ...]:
        """All that is asked of them, and how far it is done."""
        asked = (self.ended, self.measure, self.risk_level, self.day, self.days, self.release_on)
        why = (self.is_contact, self.is_discharged, self.entered_on)
        return (*asked, *self.then, *why, self.called_at, self.reports, *self.tests)

    @property
    def reports(self) -> bool:
        """Whether temperature and symptoms are asked of them."""
        return not self.ended and (self.window is not None or self.next_window is not None)

    @property
    def is_asked(self) -> bool:
        """Whether a check-in is still missing in the window that a check-in now would be the one of."""
        return self.window is not None and not self.window.done

    @property
    def is_young_infant(self) -> bool:
        """Under three months any fever is an emergency."""
        return self.label.months is not None and self.label.months < _INFANT_MONTHS


@dataclass(frozen=True, slots=True)
class Contact:
    role: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Household:
    """:param now: field time, in the district's zone."""

    now: datetime
    community: str
    contacts: Sequence[Contact]
    people: Sequence[Member]
    needs: Sequence[Need] = ()
    permits: Sequence[Permit] = ()

    @property
    def followed(self) -> list[Member]:
        return [one for one in self.people if not one.ended]

    def chosen(self, ids: Iterable[str]) -> list[str]:
        """Those of these cases that are followed, each once, in the order given."""
        known = [one.case_id for one in self.followed]
        return [id for id in dict.fromkeys(ids) if id in known]

    @property
    def groups(self) -> list[list[Member]]:
        """Those of whom the same is asked together, in their order."""
        found: dict[tuple[Any, ...], list[Member]] = {}
        for one in self.people:
            found.setdefault(one.standing, []).append(one)
        return list(found.values())

    @property
    def reporting(self) -> list[Member]:
        return [one for one in self.people if one.reports]

    @property
    def missing(self) -> list[Member]:
        """Of whom nothing was reported in the window before, which is the same for all on the list."""
        found = [one for one in self.reporting if one.missed_window]
        return [one for one in found if one.missed_window == found[0].missed_window]

    @property
    def reminded(self) -> list[Member]:
        """Those of whom an officer found that they did not keep to their measure."""
        return [one for one in self.followed if one.breaches]

    @property
    def to_sign(self) -> list[Member]:
        """Those for whom the notice is not signed yet."""
        return [one for one in self.followed if one.notice and not one.notice.signed]

    @property
    def all_correctable(self) -> list[tuple[Member, CheckedIn]]:
        """What can be corrected still, and of whom it was said."""
        return [(one, said) for one in self.followed for said in one.check_ins if said.correctable]

    def correctable(self, check_in_id: str) -> tuple[Member, CheckedIn] | None:
        return next((found for found in self.all_correctable if found[1].correctable == check_in_id), None)

    @property
    def just_said(self) -> list[tuple[Member, CheckedIn]]:
        """What was written down a moment ago: the answer to whoever has just sent it."""
        return [
            (one, said)
            for one in self.people
            for said in one.check_ins[:1]
            if self.now - said.received_at <= _JUST_NOW
        ]

    @property
    def alarms(self) -> list[tuple[Member, CheckedIn, Alarm]]:
        """What somebody looks at, the newest of each person."""
        found = []
        for one in self.people:
            for said in one.check_ins:
                if said.alarm and not one.ended and self.now - said.received_at <= _ALARM_SHOWN:
                    found.append((one, said, said.alarm))
                    break
        return found


def read_household(document: Mapping[str, Any]) -> Household:
    return Household(
        datetime.fromisoformat(document["now"]),
        document["community"] or "",
        [Contact(one["role"], one["name"] or "", one["phone"]) for one in document["contacts"]],
        [_member(one) for one in document["people"]],
        read_needs(document.get("needs", ())),  # a door of the version before says nothing of them
        read_permits(document.get("permits", ())),
    )


def _member(one: Mapping[str, Any]) -> Member:
    return Member(
        case_id=one["case_id"],
        label=Label(**one["label"]),
        state=one["state"],
        ended=one["ended_at"] is not None,
        measure=one["measure"],
        risk_level=one["risk_level"],
        day=one["day"],
        days=one["days"],
        release_on=date.fromisoformat(one["release_on"]),
        symptoms=one["symptoms"],
        window=_window(one["window"]),
        missed_window=_window(one["missed_window"]),
        next_window=_window(one["next_window"]),
        notice=_notice(one["notice"]),
        tests=[Test(t["day"], date.fromisoformat(t["on"]), t["state"]) for t in one["tests"]],
        check_ins=[_checked_in(said) for said in one["check_ins"]],
        # A door of the version before says none of these.
        called_at=datetime.fromisoformat(one["called_at"]) if one.get("called_at") else None,
        is_contact=one.get("is_contact", False),
        is_discharged=one.get("is_discharged", False),
        entered_on=date.fromisoformat(one["entered_on"]) if one.get("entered_on") else None,
        breaches=[Breach(b["why"], datetime.fromisoformat(b["at"])) for b in one.get("breaches", ())],
        then=read_stages(one.get("then", ())),
    )


def read_stages(stages: Iterable[Mapping[str, Any]]) -> list[Stage]:
    return [Stage(one["measure"], one["days"], date.fromisoformat(one["until"])) for one in stages]


def _notice(notice: Mapping[str, Any] | None) -> Notice | None:
    if not notice:
        return None
    return Notice(datetime.fromisoformat(notice["by"]), notice["signed"], notice.get("by_proxy") or "")


def _window(window: Mapping[str, Any] | None) -> Window | None:
    if window is None:
        return None
    begins, ends = datetime.fromisoformat(window["from"]), datetime.fromisoformat(window["by"])
    return Window(begins, ends, window["done"], window["late"])


def _checked_in(said: Mapping[str, Any]) -> CheckedIn:
    temperature, alarm = said["temperature"], said["alarm"]
    return CheckedIn(
        datetime.fromisoformat(said["at"]),
        datetime.fromisoformat(said["received_at"]),
        "" if temperature is None else f"{temperature:.1f}",
        said["symptoms"],
        said["late"],
        alarm
        and Alarm(
            [(one["role"], one["name"] or "") for one in alarm["told"]],
            datetime.fromisoformat(alarm["by"]),
            datetime.fromisoformat(alarm["seen_at"]) if alarm["seen_at"] else None,
        ),
        said["correctable"],
    )
