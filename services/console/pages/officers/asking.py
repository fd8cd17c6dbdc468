"""What one page asks of the doors, in the name of whoever is in. A door that is away is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import g

from chassis.doors.roles import roles
from contracts.faults import Refused
from services.console.doors import DoorAway, Doors, Listed
from services.console.pages.catalogues import gettext
from services.console.pages.entry.who import acting
from services.console.pages.shown.rows import Viewer

T = TypeVar("T")
_MOST_NAMES = 500


@dataclass(frozen=True, slots=True)
class Names:
    """What places and colleagues are called. Whom the register does not name is shown by their id.

    :param you: `staff_id`, `role`, `place`, `level`; empty where the register cannot be asked.
    :param below: id -> name of the places to choose from, where they were asked for.
    """

    you: Mapping[str, Any]
    staff: Mapping[str, Mapping[str, Any]]
    places: Mapping[str, Mapping[str, Any]]
    below: Mapping[str, str] = field(default_factory=dict)

    def of_staff(self, id: str) -> str:
        return str(self.staff.get(id, {}).get("name") or id)

    def of_place(self, id: str) -> str:
        return str(self.places.get(id, {}).get("name") or id)

    @property
    def here(self) -> str:
        """The name of one's own place, or nothing."""
        return self.of_place(self.you["place"]) if self.you else ""

    def may(self, service: str, act: str) -> bool:
        """Whether the door would allow it. Where nobody knows, the door says so itself."""
        return not self.you or roles().may(self.you["role"], service, act)


@dataclass
class Asking:
    """One for each page that is shown."""

    doors: Doors
    away: set[str] = field(default_factory=set)

    def rows(self, service: str, name: str, asked: Mapping[str, str] | None = None) -> Listed | None:
        """None where the door is away. Raises Refused."""
        return self._ask(service, lambda: self.doors.rows(service, name, acting(), asked))

    def thing(self, service: str, name: str, id: str) -> Mapping[str, Any] | None:
        return self._ask(service, lambda: self.doors.thing(service, name, id, acting()))

    def name_of(self, case_id: str) -> str:
        """Masked, as a case says it; "" where it has none, one does not reach it, or the door is away."""
        try:
            case = self.thing("isolation", "case", case_id)
        except Refused as refused:
            if refused.kind != "unknown":
                raise
            return ""
        return str(case["name"] or "") if case else ""

    def look_up(self, service: str, name: str, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
        return self._ask(service, lambda: self.doors.look_up(service, name, acting(), data))

    def names_of_many(self, staff: Iterable[str | None], places: Iterable[str | None]) -> Names:
        """As `names`, asked for in as many turns as it takes."""
        wanted = {"staff": _ids(staff), "places": _ids(places)}
        turns = range(0, max(map(len, wanted.values())) or 1, _MOST_NAMES)
        found = [
            self.names(wanted["staff"][turn:][:_MOST_NAMES], wanted["places"][turn:][:_MOST_NAMES])
            for turn in turns
        ]
        return Names(
            found[0].you,
            {id: one for names in found for id, one in names.staff.items()},
            {id: one for names in found for id, one in names.places.items()},
        )

    def names(
        self,
        staff: Iterable[str | None] = (),
        places: Iterable[str | None] = (),
        below: str | None = None,
    ) -> Names:
        """Of all who stand on the page. The head of the page then says who asks.

        :param below: also the places right below this one ("": below one's own), or beside it where there
            are none.
        """
        wanted = {"staff": _ids(staff)[:_MOST_NAMES], "places": _ids(places)[:_MOST_NAMES], "below": below}
        try:
            found = self.look_up("registration", "names", wanted)
        except Refused:
            found = None  # whoever is in works nowhere any more: the lists say so
        if found is None:
            return Names({}, {}, {})
        names = Names(found["you"] or {}, found["staff"], found["places"], found.get("below", {}))
        if names.you:
            you = names.you["staff_id"]
            g.viewer = Viewer(names.of_staff(you), names.you["role"], names.here)
        return names

    def _ask(self, service: str, ask: Callable[[], T]) -> T | None:
        if service in self.away:
            return None
        try:
            return ask()
        except DoorAway:
            self.away.add(service)
            return None

    @property
    def missing(self) -> list[str]:
        """What is missing on this page, a sentence for each door that is away."""
        says = {
            "registration": gettext(
                "The register of arrivals, staff and places cannot be reached just now: what comes from "
                "there, "
                "and names, are missing. All else is shown."
            ),
            "isolation": gettext(
                "Cases and tasks cannot be reached just now: what comes from there is missing. All else is "
                "shown."
            ),
        }
        return [says[service] for service in sorted(self.away)]


def _ids(given: Iterable[str | None]) -> list[str]:
    return sorted({id for id in given if id})
