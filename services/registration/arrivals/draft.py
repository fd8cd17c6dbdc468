"""An arrival in hand: what is stored of it, and the statements that this unit of work adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, NamedTuple

from services.registration.arrivals.arrival import StoredArrival
from services.registration.arrivals.coming import Coming, fold_statements, when
from services.registration.arrivals.followed import (
    TRANSFER_ACCEPTED,
    Act,
    Standing,
    amended,
    in_order,
    lent,
    standing_of,
    that_lead_on,
)
from services.registration.arrivals.same_coming import Known
from services.registration.arrivals.same_report import may_be_same_report, reports_again
from services.registration.arrivals.voices import ComingWords
from services.registration.reports.statement import Statement, Told

_NOT_FOLLOWED: Final = Standing()


class Lent(NamedTuple):
    """What an arrival that turned out to be another one lends to that one."""

    statements: Sequence[Statement]
    acts: Sequence[Act]


@dataclass(slots=True)
class Draft:
    """
    :param stored: None for a new arrival. The caller has locked the row.
    :param earlier: the statements of the reports kept so far, as far as they were read.
    :param unread: how many reports there are beside theirs.
    :param lenders: the arrivals that turned out to be this one, by id: what was told and said of them counts
        for this one, too, while their reports stay theirs.
    :param lenders_changed: whether this unit of work changes them.
    :param lenders_before: the ids of those that lent to it before.
    :param before: those statements and acts, folded.
    :param acts: what people who followed it have said of it, in order, the `new_acts` apart from it.
    :param version: once it is written, as `state`.
    """

    arrival_id: str
    person_id: str
    place_key: str
    placed: bool
    stored: StoredArrival | None = None
    earlier: Sequence[Statement] = ()
    before: Coming | None = None
    new: list[Statement] = field(default_factory=list)
    household: str = ""
    companions_changed: bool = False
    acts: Sequence[Act] = ()
    new_acts: list[Act] = field(default_factory=list)
    version: int = 1
    state: str = ""
    unread: int = 0
    lenders: dict[str, Lent] = field(default_factory=dict)
    lenders_changed: bool = False
    lenders_before: frozenset[str] = frozenset()
    _words: ComingWords | None = None
    _times: set[datetime] = field(default_factory=set)

    @classmethod
    def of(cls, stored: StoredArrival) -> Draft:
        draft = cls(stored.id, stored.person_id, stored.place_key, stored.community is not None, stored)
        draft.household = stored.household_id
        return draft

    @property
    def statements(self) -> list[Statement]:
        """All of them, as far as they were read, without those whose report was corrected by staff."""
        return self._with_lent_statements(self.own_statements)

    @property
    def own_statements(self) -> list[Statement]:
        replaced = {statement.replaces for statement in self.new}
        return [*(said for said in self.earlier if said.report_id not in replaced), *self.new]

    def read_earlier(
        self,
        told: Told,
        acts: Sequence[Act] = (),
        lenders: Mapping[str, Lent] | None = None,
    ) -> None:
        """The statements kept so far, placed by the place table as it is now: they move the arrival along."""
        self.earlier, self.unread, self.acts, self._words = told.statements, told.unread, acts, None
        self.lenders = dict(lenders or {})
        self.lenders_before = frozenset(self.lenders)
        self.before = self._folded(told.statements, acts)

    def add(self, statement: Statement) -> None:
        """One more statement; of a person with hundreds of reports the others are not looked at again."""
        self.new.append(statement)
        if statement.replaces:
            self._words = None
        elif self._words is not None:
            self._words.add(statement)
            self._times.add(statement.report.arrived_at)

    def place_as_now(self) -> None:
        """The row says where the arrival was placed; by now the place may belong to a community."""
        if self.before is not None:
            community = self.before.placement.community
            self.place_key, self.placed = community or self.place_key, community is not None

    def coming(self) -> Coming:
        """All its statements and acts, folded."""
        if not (self.new or self.new_acts or self.lenders_changed) and self.before is not None:
            return self.before
        return self._folded(self.own_statements, self.own_acts)

    @property
    def own_acts(self) -> Sequence[Act]:
        """In order, without those that are lent."""
        return in_order((*self.acts, *self.new_acts)) if self.new_acts else self.acts

    @property
    def all_acts(self) -> Sequence[Act]:
        acts = self.own_acts
        return self._with_lent_acts(acts, self.statements) if self.lenders else acts

    def _with_lent_acts(self, acts: Sequence[Act], statements: Sequence[Statement]) -> Sequence[Act]:
        """:param statements: with those that are lent."""
        theirs = [act for lender in self.lenders.values() for act in lender.acts]
        if not theirs:
            return acts
        together = in_order((*acts, *theirs))
        if any(act.what == TRANSFER_ACCEPTED for act in theirs):
            together = that_lead_on(together, fold_statements(statements), self.arrival_id)
        return together

    def _with_lent_statements(self, statements: Sequence[Statement]) -> list[Statement]:
        return [*statements, *(said for lender in self.lenders.values() for said in lender.statements)]

    def lend_to(self, draft: Draft) -> None:
        """This one turned out to be the other: all that is told and said of it by now counts for that one."""
        self.take_from(draft)
        draft.lenders |= {self.arrival_id: Lent(self.own_statements, lent(self.own_acts)), **self.lenders}

    def take_from(self, draft: Draft) -> None:
        """This one takes back what it has lent, also what it was lent itself and is no more."""
        gone = {self.arrival_id, *self.lenders, *self.lenders_before}
        draft.lenders = {id: lender for id, lender in draft.lenders.items() if id not in gone}
        draft.lenders_changed, draft._words = True, None

    @property
    def standing(self) -> Standing:
        """Where it stands by what people said who followed it."""
        acts = self.all_acts
        return standing_of(acts, self.statements) if acts else _NOT_FOLLOWED

    def _folded(self, own: Sequence[Statement], own_acts: Sequence[Act]) -> Coming:
        statements = self._with_lent_statements(own)
        acts = self._with_lent_acts(own_acts, statements)
        coming = fold_statements(statements)
        if self.lenders:
            coming = replace(coming, reports=len({said.report_id for said in own}))
        if self.unread:
            coming = replace(coming, reports=coming.reports + self.unread - self._replaced_unread())
        return amended(coming, acts, statements) if acts else coming

    def _replaced_unread(self) -> int:
        """Unread reports that were corrected by staff: the new ones count in their stead."""
        read = {statement.report_id for statement in self.earlier}
        return len({statement.replaces for statement in self.new} - read - {None})

    @property
    def known(self) -> Known:
        said = self._said_when()
        if self.acts:
            at = self.coming().arrived_at
        elif said is not None:
            at = said.report.arrived_at
        else:
            assert self.stored is not None
            at = self.stored.arrived_at
        times = self._times if at in self._times else self._times | {at}
        return Known(self.arrival_id, at, self.place_key, self.placed, times)

    def is_told_again(self, statement: Statement) -> bool:
        """Whether a source reports this coming again in the statement, be it moved far in time or place."""
        said = self._said_when()
        if said is None:
            return False
        expected = self.coming().expected if self.acts else said.report.expected
        if not (expected or statement.report.reference):
            return False
        return reports_again(statement, self.statements, expected=expected)

    def is_reported_with(self, other: Draft) -> bool:
        """Whether a source's reports of one coming stand in both arrivals."""
        return any(may_be_same_report(one, two) for one in self.statements for two in other.statements)

    def _said_when(self) -> Statement | None:
        """The statement whose time counts; None: its statements were not read."""
        if self._words is None:
            statements = self.statements
            if not statements:
                return None
            self._words = ComingWords(statements)
            self._times = {statement.report.arrived_at for statement in statements}
        return when(self._words)
