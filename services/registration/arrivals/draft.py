"""An arrival in hand: what is stored of it, and the statements that this unit of work adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.registration.arrivals.arrival import StoredArrival
from services.registration.arrivals.coming import Coming, fold_statements, when
from services.registration.arrivals.same_coming import Known
from services.registration.arrivals.same_report import may_be_same_report, reports_again
from services.registration.arrivals.voices import voices_of
from services.registration.reports.statement import Statement


@dataclass(slots=True)
class Draft:
    """
    :param stored: None for a new arrival. The caller has locked the row.
    :param earlier: the statements of the reports kept so far, as far as they were read.
    :param before: those statements, folded.
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

    @classmethod
    def of(cls, stored: StoredArrival) -> Draft:
        draft = cls(stored.id, stored.person_id, stored.place_key, stored.community is not None, stored)
        draft.household = stored.household_id
        return draft

    @property
    def statements(self) -> list[Statement]:
        """All of them, as far as they were read, without those whose report was corrected by staff."""
        replaced = {statement.replaces for statement in self.new}
        return [*(said for said in self.earlier if said.report_id not in replaced), *self.new]

    def read_earlier(self, statements: Sequence[Statement]) -> None:
        """The statements kept so far, placed by the place table as it is now: they move the arrival along."""
        self.earlier, self.before = statements, fold_statements(statements)

    def place_as_now(self) -> None:
        """The row says where the arrival was placed; by now the place may belong to a community."""
        if self.before is not None:
            community = self.before.placement.community
            self.place_key, self.placed = community or self.place_key, community is not None

    def coming(self) -> Coming:
        """All its statements, folded."""
        if not self.new and self.before is not None:
            return self.before
        return fold_statements(self.statements)

    @property
    def known(self) -> Known:
        if (said := self._said_when()) is None:
            assert self.stored is not None
            at = self.stored.arrived_at
        else:
            at = said.report.arrived_at
        times = frozenset((at, *(statement.report.arrived_at for statement in self.statements)))
        return Known(self.arrival_id, at, self.place_key, self.placed, times)

    def is_told_again(self, statement: Statement) -> bool:
        """Whether a source reports this coming again in the statement, be it moved far in time or place."""
        said = self._said_when()
        return said is not None and reports_again(statement, self.statements, expected=said.report.expected)

    def is_reported_with(self, other: Draft) -> bool:
        """Whether a source's reports of one coming stand in both arrivals."""
        return any(may_be_same_report(one, two) for one in self.statements for two in other.statements)

    def _said_when(self) -> Statement | None:
        """The statement whose time counts; None: its statements were not read."""
        if len(self.new) == 1 and not self.earlier and self.stored is None:
            return self.new[0]
        statements = self.statements
        return when(voices_of(statements)) if statements else None
