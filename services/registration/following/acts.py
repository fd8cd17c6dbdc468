"""The arrivals of a batch of commands, locked, as the commands so far have left them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import literal, select

from chassis.commands.command import Said
from chassis.database.statements import is_in
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.ids import is_id
from field.scope import Scope
from services.registration.arrivals.catalogue import Catalogue, read_catalogue
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.followed import Act, same_as
from services.registration.arrivals.history import act_of, add_lines, line_of
from services.registration.arrivals.known_arrivals import (
    lock_drafts,
    read_drafts,
    read_earlier_statements,
)
from services.registration.arrivals.lending import followed_as, lend_anew
from services.registration.arrivals.lists import in_scope
from services.registration.arrivals.tables import arrivals
from services.registration.arrivals.write_arrivals import write_arrivals
from services.registration.places.divisions import divisions
from services.registration.reports.report import known_part


class Acts:
    """Collects what is said of arrivals, and writes it all at the end.

    What is said of one that turned out to be another counts for that one, too: both are in hand. Arrivals
    are locked in the order of their ids, after the keys of persons and before the loads of workers,
    as the intake locks them.
    """

    def __init__(self, uow: UnitOfWork, arrival_ids: Iterable[str], *, lock: bool = True) -> None:
        """:param lock: False to look at them before keys of persons are locked, and write nothing."""
        self.uow = uow
        self.catalogue: Catalogue = read_catalogue(uow)
        # The database would refuse the whole batch for one text that is no id.
        wanted = {id for id in arrival_ids if is_id(id)}
        wanted |= followed_as(uow, self.catalogue, wanted)
        these = is_in(uow.conn, arrivals.c.id, sorted(wanted))
        drafts = (lock_drafts(uow.conn, these) if lock else read_drafts(uow.conn, these)) if wanted else []
        read_earlier_statements(uow, self.catalogue, drafts)
        self._drafts = {draft.arrival_id: draft for draft in drafts}
        self._lines: list[Mapping[str, Any]] = []
        self._said: list[tuple[Draft, Act, Said]] = []

    @property
    def ids(self) -> list[str]:
        return list(self._drafts)

    def reaches(self, said: Said, draft: Draft) -> bool:
        """Whether the author reaches the arrival."""
        return self._reaches(said.scope, draft) or _is_sent(said.scope, draft)

    def find(self, arrival_id: str) -> Draft | None:
        """The arrival as it stands, whoever reaches it."""
        return self._drafts.get(arrival_id)

    def followed_as(self, arrival_id: str) -> Draft:
        """The arrival that goes on for this one: itself, unless it is merged. Raises Refused."""
        draft = self.find(arrival_id)
        if draft is None:
            raise Refused.unknown("arrival", arrival_id)
        while (other := same_as(draft.acts)) is not None:
            above = self.find(other)
            if above is None:
                raise Refused.conflict("expects", "one of them is being decided about just now")
            draft = above
        return draft

    def arrival(self, said: Said, arrival_id: str) -> Draft:
        """The arrival as it stands.

        Raises Refused: `unknown` where the author does not reach it, `conflict` where it is stripped.
        """
        draft = self._drafts.get(arrival_id)
        if draft is None or not self.reaches(said, draft):
            raise Refused.unknown("arrival", arrival_id)
        if draft.stored and draft.stored.stripped_at is not None:
            message = "its term has passed, and nobody knows whose it was: report them anew"
            raise Refused("conflict", [Fault("arrival_id", "stripped", message)])
        return draft

    def decided(self, said: Said, arrival_id: str) -> Draft:
        """The arrival of a decision, which names the version it was made on.

        Raises Refused as `arrival`, and `conflict` where the arrival has changed since.
        """
        draft = self.arrival(said, arrival_id)
        assert draft.stored is not None
        if said.data["expects"] != draft.stored.version:
            raise Refused.conflict("expects", f"the arrival is in version {draft.stored.version} by now")
        return draft

    def _reaches(self, scope: Scope, draft: Draft) -> bool:
        """Whether it lies in one of the scope's places or below, or in one of its households.

        Who answers for those whose street nobody knows is said by the lists.
        """
        stored = draft.stored
        assert stored is not None
        if scope.covers_household(stored.household_id or stored.id):
            return True
        if stored.street is None:
            own = arrivals.c.id == stored.id
            conn = self.uow.conn
            return (
                conn.execute(select(literal(1)).where(own, in_scope(conn, scope, arrivals.c))).first()
                is not None
            )
        nearest = stored.grid or stored.community or stored.street
        return self.catalogue.places.is_within(scope, nearest)

    def add(
        self,
        draft: Draft,
        what: str,
        said: Said,
        *,
        moment: datetime | None = None,
        detail: Mapping[str, Any] | None = None,
        inside: Mapping[str, Any] | None = None,
    ) -> Act:
        """One more line of the arrival's history; what is `inside` is sealed."""
        number = len(draft.acts) + len(draft.new_acts) + 1
        inside = {name: value for name, value in (inside or {}).items() if value}
        detail = {name: value for name, value in (detail or {}).items() if value is not None}
        act = act_of(
            self.uow,
            self.catalogue.places,
            number,
            what,
            said.at,
            moment=moment,
            inside=inside,
            place=detail.get("place"),
            takes_back=detail.get("of"),
            other=detail.get("other"),
            leaves=detail.get("leaves"),
        )
        draft.new_acts.append(act)
        self._lines.append(
            line_of(
                self.uow,
                draft.arrival_id,
                act,
                event_id=said.event.id,
                source=said.author.source,
                detail=detail,
                inside=inside,
            )
        )
        self._said.append((draft, act, said))
        return act

    def write(self) -> list[tuple[Draft, Act, Said]]:
        """Returns what was said, in order; the arrivals have their new version now."""
        changed = list({draft.arrival_id: draft for draft, _, _ in self._said}.values())
        borrowers = lend_anew(self.uow, self.catalogue, list(self._drafts.values()), changed)
        add_lines(self.uow.conn, self._lines)
        if changed:
            write_arrivals(self.uow, self.catalogue, [*changed, *borrowers], {})
        return self._said


def door_of(where: Mapping[str, Any], faults: list[Fault]) -> dict[str, str]:
    """The division and the address of a destination, as far as given, in the form in which they are kept.

    :param faults: gets those that are found, as of a report's destination.
    """
    said = {name: where[name].strip() for name in ("division", "address") if (where.get(name) or "").strip()}
    if not said:
        faults.append(Fault("destination", "empty", "names neither a division nor an address"))
    if code := said.get("division"):
        if not divisions().knows(code):
            message = "is no known administrative division code"
            faults.append(Fault("destination.division", "division_unknown", message))
        said["division"] = known_part(code)
    return said


def _is_sent(scope: Scope, draft: Draft) -> bool:
    """Where no grid is known, a worker of one of the community's grids is sent to the door."""
    return draft.stored is not None and draft.stored.worker in scope.staff
