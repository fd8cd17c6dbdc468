"""What a list of officers is: at which door, what is counted, its columns and filters. Plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from field.words import LEVELS, MEASURES
from services.console.pages.catalogues import N_
from services.console.pages.shown.figures import Unit

Kind = Literal[
    "case",
    "name",
    "word",
    "words",
    "task",
    "need",
    "permit",
    "moment",
    "date",
    "day",
    "place",
    "staff",
    "data",
    "flag",
    "faults",
    "author",
    "other_place",
]
"""How a cell is shown. `case` and `name` are masked names, the first with the way to the case's page; `data`
is shown as it is; `other_place` is a place that is not the row's own."""


@dataclass(frozen=True, slots=True)
class Column:
    """:param of: the column of the door's list."""

    head: str
    of: str
    kind: Kind = "data"


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter with a closed list of words; `staff` and `place` are filled from the page, `day` is a number.

    :param of: the filter of the door's list.
    """

    head: str
    of: str
    words: Sequence[str] = ()
    kind: Literal["word", "task", "need", "permit", "staff", "place", "day"] = "word"


@dataclass(frozen=True, slots=True)
class OfficersList:
    """:param name: of the door's list, and of the page.
    :param definition: what is counted, in a sentence.
    :param meanwhile: what to do where it cannot be worked off on a page yet.
    :param sorts: of the door, the first is the usual one -> what it is called.
    """

    name: str
    service: str
    title: str
    definition: str
    columns: Sequence[Column]
    filters: Sequence[Choice] = ()
    sorts: Mapping[str, str] | None = None
    unit: Unit = "people"
    meanwhile: str = ""


PLACE: Final = Choice(N_("place"), "place", kind="place")
WORKER: Final = Choice(N_("worker (staff number)"), "staff_id", kind="staff")
OWNER: Final = Choice(N_("owner (staff number)"), "owner", kind="staff")
MEASURE: Final = Choice(N_("measure"), "measure", MEASURES)
RISK: Final = Choice(N_("risk"), "risk_level", LEVELS)
WHERE: Final = Column(N_("place"), "place", "place")
OF_CASE: Final = (
    Column(N_("who"), "name", "case"),
    WHERE,
)
OF_PERSON: Final = (
    Column(N_("who"), "name", "name"),
    WHERE,
)
"""Their name leads to no case."""
