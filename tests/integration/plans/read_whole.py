"""Statements that may read a large table from its beginning to its end, each with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.integration.plans.recorder import Read


@dataclass(frozen=True, slots=True)
class Meant:
    """
    :param part: of the statement, its white space as single spaces.
    """

    table: str
    part: str
    why: str

    def covers(self, read: Read) -> bool:
        return read.table == self.table and self.part in " ".join(read.statement.split())


READ_WHOLE: Final[Sequence[Meant]] = ()


def is_meant(read: Read) -> bool:
    return any(meant.covers(read) for meant in READ_WHOLE)
