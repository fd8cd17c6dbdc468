"""Walking through a large table piece by piece, for rows that no index finds.

A use case by the clock that looks for rows which are seldom there, such as those of somebody who has left,
reads a bounded piece of the table a turn, in the order of its key, and notes how far it came. An index would
cost every row that is written, and to read the table at once would hold up the process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, delete, select, true

from chassis.database.statements import upsert_rows
from chassis.database.tables import TABLES
from chassis.unit_of_work import UnitOfWork

PIECE: Final = 20_000
"""Rows: PostgreSQL looks through so many in some hundredths of a second."""
_WALKS: Final = TABLES["walks"]
_NOTHING: Final = ""
"""The mark of a walk that has found something: it is no walk in vain, whatever is said at its end."""


@dataclass
class Walk:
    """One piece of a walk.

    :param key: the table's primary key.
    :param mark: what must be the same at the beginning and at the end of a walk that was in vain: something
        that changes when rows may have come behind it. Not empty.
    :param here: what is to be taken in this turn must meet this.
    """

    uow: UnitOfWork
    name: str
    key: Column[Any]
    mark: str
    here: ColumnElement[bool] = field(init=False)
    was_in_vain: bool = field(init=False, default=False)
    """After `note`: it came to the end, and from its beginning on found nothing but what is set aside."""
    _until: str | None = field(init=False, default=None)
    _begun_with: str = field(init=False, default=_NOTHING)

    def __post_init__(self) -> None:
        self.here = true()
        if self._is_off_the_way:
            return
        w, conn = _WALKS.c, self.uow.conn
        row = conn.execute(select(w.after, w.mark).where(w.name == self.name)).one_or_none()
        after, self._begun_with = (row.after, row.mark) if row else (None, self.mark)
        if after is not None:
            self.here = self.key > after
        piece = select(self.key).where(self.here).order_by(self.key)
        self._until = conn.execute(piece.offset(PIECE - 1).limit(1)).scalar()
        if self._until is not None:
            self.here = self.here & (self.key <= self._until)

    @property
    def _is_off_the_way(self) -> bool:
        """A row that was set aside is tried again, and the walk stands still meanwhile."""
        return self.uow.taking.only is not None

    def note(self, wanted: ColumnElement[bool], taken: Sequence[str], room: int) -> bool:
        """Note how far it came. Returns whether it goes on: there is more to look through.

        :param taken: the keys of the rows that were taken, in order, of at most `room`.
        """
        if self._is_off_the_way or room <= 0:
            return False
        reached = taken[-1] if len(taken) >= room else self._until
        if taken or self._is_there(wanted):
            self._begun_with = _NOTHING
        if reached is None:
            self.was_in_vain = self._begun_with == self.mark
            self.uow.conn.execute(delete(_WALKS).where(_WALKS.c.name == self.name))
            return False
        row = {"name": self.name, "after": reached, "mark": self._begun_with}
        upsert_rows(self.uow.conn, _WALKS, [row], key=["name"], set=["after", "mark"])
        return True

    def _is_there(self, wanted: ColumnElement[bool]) -> bool:
        """Another replica may hold a row, which is then not taken."""
        aside = self.uow.taking.aside_of(self.key.table.name)
        beside = self.key.not_in(aside) if aside else true()
        one = select(self.key).where(wanted, self.here, beside).order_by(self.key).limit(1)
        return self.uow.conn.execute(one).first() is not None
