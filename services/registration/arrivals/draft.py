"""An arrival in hand: what is stored of it, and the statements that this unit of work adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.registration.arrivals.arrival import StoredArrival
from services.registration.arrivals.coming import Coming, fold_statements
from services.registration.arrivals.same_coming import Known
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
    _actual: datetime | None = None
    _expected: datetime | None = None

    @classmethod
    def of(cls, stored: StoredArrival) -> Draft:
        draft = cls(stored.id, stored.person_id, stored.place_key, stored.community is not None, stored)
        draft.household = stored.household_id
        draft._count_time(stored.arrived_at, stored.expected)
        return draft

    def add(self, statement: Statement) -> None:
        self.new.append(statement)
        self._count_time(statement.report.arrived_at, statement.report.expected)

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
        replaced = {statement.replaces for statement in self.new}
        return fold_statements([*(s for s in self.earlier if s.report_id not in replaced), *self.new])

    @property
    def known(self) -> Known:
        at = self._actual or self._expected
        assert at is not None
        times = frozenset((at, *(statement.report.arrived_at for statement in (*self.earlier, *self.new))))
        return Known(self.arrival_id, at, self.place_key, self.placed, times)

    def _count_time(self, at: datetime, expected: bool) -> None:
        """The earliest actual time counts, else the earliest expected one."""
        if expected:
            self._expected = min(self._expected or at, at)
        else:
            self._actual = min(self._actual or at, at)
