"""Households: people of one report are followed together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from chassis.database.statements import is_in
from chassis.unit_of_work import UnitOfWork
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.join_statements import Joined
from services.registration.arrivals.known_arrivals import lock_drafts
from services.registration.arrivals.tables import arrivals
from services.registration.reports.statement import Statement


def join_households(uow: UnitOfWork, joined: Joined, statements: Sequence[Statement]) -> None:
    """Put arrivals of one report into one household; households that share a member become one.

    A household is named after its first arrival, for good. Members of joined households whom no report of
    this batch names change too, and come among the drafts.
    """
    drafts = joined.drafts
    for draft in drafts.values():
        draft.household = draft.household or draft.arrival_id
    together = _reported_together(joined, statements)
    named = [(joined.arrival_of[said.order], said.household) for said in statements if said.household]
    if not together and not named:
        return
    stored = {draft.stored.household_id for draft in drafts.values() if draft.stored is not None}
    names = HouseholdNames(stored | {household for _, household in named})
    for arrival_id, household in named:
        names.join({drafts[arrival_id].household, household})
    for ids in together:
        names.join({drafts[id].household for id in ids})
    _add_members(uow, drafts, names.given_up())
    _rename(drafts.values(), names)


class HouseholdNames:
    """The name that each household goes by, once some of them have been joined."""

    def __init__(self, stored: Collection[str]) -> None:
        """
        :param stored: the names that stored arrivals bear: they are kept before those of new arrivals.
        """
        self._stored = stored
        self._joined_to: dict[str, str] = {}

    def now(self, name: str) -> str:
        while name in self._joined_to:
            name = self._joined_to[name]
        return name

    def join(self, names: Iterable[str]) -> None:
        kept, *others = sorted({self.now(name) for name in names}, key=lambda n: (n not in self._stored, n))
        for name in others:
            self._joined_to[name] = kept

    def given_up(self) -> list[str]:
        """Stored names that nobody goes by any more."""
        return sorted(name for name in self._joined_to if name in self._stored)


def _reported_together(joined: Joined, statements: Sequence[Statement]) -> list[list[str]]:
    """The arrivals of each report that names several people."""
    together: dict[str, list[str]] = defaultdict(list)
    for statement in statements:
        if len(statement.report.people) > 1:
            together[statement.report_id].append(joined.arrival_of[statement.order])
    return list(together.values())


def _add_members(uow: UnitOfWork, drafts: dict[str, Draft], households: Sequence[str]) -> None:
    if not households:
        return
    for draft in lock_drafts(uow.conn, is_in(uow.conn, arrivals.c.household_id, households)):
        drafts.setdefault(draft.arrival_id, draft)


def _rename(drafts: Collection[Draft], names: HouseholdNames) -> None:
    grown = {names.now(draft.household) for draft in drafts if draft.stored is None}
    for draft in drafts:
        name = names.now(draft.household)
        if draft.stored is not None and (name != draft.stored.household_id or name in grown):
            draft.companions_changed = True
        draft.household = name
