"""An arrival: as it is stored, and as a unit of work leaves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from field.words import RiskLevel
from services.registration.arrivals.coming import Coming
from services.registration.arrivals.followed import Reached
from services.registration.arrivals.states import ENDED, MERGED, State, state_of
from services.registration.risk.assessing import AreaMatch, Assessment

_PLACE_LENGTH = 500  # of a published place in an event
MOST_AREAS: Final = 20
"""60 stops in an estate of which 2,000 houses are listed would make an event of more than 1 MiB."""


@dataclass(frozen=True, slots=True)
class StoredArrival:
    """The columns of an arrival's row that are needed to go on from it.

    :param acts: lines of its history; None: nobody has said anything of it beside the reports.
    :param stripped_at: nobody knows any more whose it was: it takes no report and no act.
    """

    id: str
    version: int
    state: str
    person_id: str
    household_id: str
    place_key: str
    placed_with: int
    arrived_at: datetime
    expected: bool
    reports: int
    street: str | None
    community: str | None
    grid: str | None
    worker: str | None
    risk_level: str
    correlation_id: str
    unassigned_since: datetime | None
    created_at: datetime
    acts: int | None = None
    stripped_at: datetime | None = None

    @property
    def not_coming(self) -> bool:
        return self.state in ENDED

    @property
    def risk(self) -> RiskLevel:
        return RiskLevel[self.risk_level]


@dataclass(slots=True)
class Arrival:
    """An arrival with everything that follows from its statements.

    :param place_key: the community, or the blind index of an address that nobody knows.
    :param sealed: the person and the address.
    :param identity_index: by which other services find the number of their document; "": none is known.
    :param areas: the risk areas that its stops lie in (see `areas_of`).
    :param unassigned_since: since when no worker has it; None: a worker has it, or nobody comes.
    :param goes_on_as: the arrival that it turned out to be; None: it is one of its own.
    """

    id: str
    version: int
    person_id: str
    household_id: str
    place_key: str
    coming: Coming
    sealed: str
    identity_index: str
    risk: Assessment
    areas: Sequence[Mapping[str, Any]]
    worker: str | None
    unassigned_since: datetime | None
    reached: Reached | None = None
    goes_on_as: str | None = None

    @property
    def state(self) -> State:
        coming = self.coming
        return state_of(
            expected=coming.expected,
            worker=self.worker,
            not_coming=coming.not_coming,
            reached=self.reached,
        )

    def as_row(self) -> dict[str, Any]:
        """Its columns, without those that say when and with which reference data it was written."""
        coming, placement, risk = self.coming, self.coming.placement, self.risk
        return {
            "id": self.id,
            "version": self.version,
            "state": self.state,
            "person_id": self.person_id,
            "household_id": self.household_id,
            "sealed": self.sealed,
            "language": coming.language,
            "arrived_at": coming.arrived_at,
            "expected": coming.expected,
            "source_kinds": coming.source_kinds,
            "reports": coming.reports,
            "place_key": self.place_key,
            "division": coming.division or None,
            "street": placement.street,
            "community": placement.community,
            "grid": placement.grid,
            "placed_by": placement.placed_by,
            "worker": self.worker,
            "risk_level": risk.level.name,
            "risk_certainty": risk.certainty,
            "left_on": risk.left_on,
            "risk_areas": self.areas,
            "unassigned_since": self.unassigned_since,
        }

    def as_data(self, change: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The data of its event."""
        coming, placement, risk = self.coming, self.coming.placement, self.risk
        data = {
            "arrival_id": self.id,
            "person_id": self.person_id,
            "household_id": self.household_id,
            "person": self.sealed,
            "identity_index": self.identity_index,
            "language": coming.language,
            "arrived_at": coming.arrived_at,
            "expected": coming.expected,
            "source_kinds": coming.source_kinds,
            "reports": coming.reports,
            "destination": {
                "division": coming.division or None,
                "street": placement.street,
                "community": placement.community,
                "grid": placement.grid,
                "placed_by": placement.placed_by,
            },
            "worker": self.worker,
            "risk": {
                "level": risk.level.name,
                "certainty": risk.certainty,
                "left_on": risk.left_on,
                "areas": self.areas,
            },
            "change": change,
        }
        if coming.entered_on:
            data["entered_on"] = coming.entered_on
        if coming.not_coming:
            data["not_coming"] = True
            if self.state == MERGED:
                data |= {"merged": True, "goes_on_as": self.goes_on_as}
        return data


def areas_of(risk: Assessment, coming: Coming) -> list[dict[str, Any]]:
    """The matched risk areas, as the row and the event list them: `MOST_AREAS` of them."""
    return [
        {
            "list": match.area.list_id,
            "level": match.area.level.name,
            "division": match.area.division,
            "place": f"{match.area.street}{match.area.place}"[:_PLACE_LENGTH],
            "certainty": match.certainty,
            "stop": match.stop,
            "left_on": coming.stops[match.stop].last,
        }
        for match in _most_telling(risk.matches, coming)
    ]


def _most_telling(matches: Sequence[AreaMatch], coming: Coming) -> Sequence[AreaMatch]:
    """Of each level the one left last, for measures count from it; then the riskiest. In their order."""
    if len(matches) <= MOST_AREAS:
        return matches

    def telling(number: int) -> tuple[int, date, bool]:
        match = matches[number]
        return match.area.level, coming.stops[match.stop].last, match.certainty == "exact"

    ranked = sorted(range(len(matches)), key=telling, reverse=True)
    first_of_level = {matches[number].area.level: number for number in reversed(ranked)}
    chosen = list(dict.fromkeys([*first_of_level.values(), *ranked]))[:MOST_AREAS]
    return [matches[number] for number in sorted(chosen)]
