"""What a service's `door.py` declares: lists and things that may be read, where staff and places are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, ColumnElement, CompoundSelect, Select, Table, bindparam
from sqlalchemy.engine import Connection

from chassis.commands.command import Author, Command
from chassis.copies import Revisions
from chassis.database.types import UtcDateTime
from chassis.doors.within import Bounds
from chassis.unit_of_work import UnitOfWork
from field.scope import Scope

Kind = Literal["plain", "moment", "day", "name", "phone", "number", "address", "contact"]
"""How a value is shown: `name`, `phone`, `number` (of a document), `address` and `contact` (a name and a
phone in one text) are personal and masked.
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, and when (UTC, field time)."""

    author: Author
    now: datetime
    zone: ZoneInfo


NOW: Final[BindParameter[datetime]] = bindparam("now", type_=UtcDateTime)
"""The moment at which somebody asks, in the statements of every list."""

Rows = Callable[[Connection, Bounds], Select[Any] | CompoundSelect[Any]]
"""The rows of a list within the scope, with a label for each column; neither ordered nor limited.

To put a statement together takes longer than to run it, so it is kept and serves everybody: what differs from
one who asks to the next, their ids and all moments, are parameters. Of the connection it takes the dialect
and asks nothing: whatever must be looked up is a parameter as well, by `given`.

Rows that different indexes find are the `union_all` of statements: a page asks each for its own first rows.
An index has those of the first in the order of a page; those of the others are few, and all are looked at.
Such a list is sorted by ids and moments alone, which Python orders as databases do. No statement groups rows.
"""
Given = Callable[[Connection, Asked], Mapping[str, Any]]
"""The values of the parameters that the statements of a list name, besides NOW, for who asks now."""


def _nothing(_conn: Connection, _asked: Asked) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter that is no column.

    :param rows: which rows it finds, by its value; None: nothing is asked of it. It speaks of tables that all
        statements of the list read. Raises Refused for a value that says nothing.
    :param given: of one with more values than a few words: the parameters that say which, so that its rows
        are the same for all of them. Raises Refused as well.
    """

    rows: Callable[[str | None], ColumnElement[bool]]
    given: Callable[[Asked, str], Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list, or a field of a thing.

    :param sealed: the column of the statement in which the value stands sealed, under this column's name.
    :param field: the name under which it stands there, where that is another.
    :param purpose: for which it is sealed, where that is another than of the rest of the row.
    """

    name: str
    kind: Kind = "plain"
    sealed: str | None = None
    field: str | None = None
    purpose: str = ""

    @property
    def personal(self) -> bool:
        return self.kind in ("name", "phone", "number", "address", "contact")


@dataclass(frozen=True, slots=True)
class Sort:
    """An order that a list offers. The last column is unique; none is ever null.

    :param few: no index has this order: it is offered where the list has up to 10,000 rows.
    """

    name: str
    columns: tuple[str, ...]
    descending: bool = False
    few: bool = False


@dataclass(frozen=True, slots=True, eq=False)  # kept statements are found by the list: it is its own key
class ListQuery:
    """A list: `GET /lists/<name>`, and the act of that name.

    :param about: the kind of thing a row is about (`case`), and its id column.
    :param definition: what is counted, in a sentence that stands beside the figures.
    :param filters: columns that may be asked to equal a value, or by `-` to hold none.
    :param conditions: filters that are no column.
    :param places: columns that name the places of a row: `place=` finds rows at a place and below.
    :param households: the column by which households are counted; None where there are none. A row without
        one counts as a household of its own.
    :param own: the rows are those of whoever asks and are shown in full, noted once a day.
    :param purpose: under which sealed columns were sealed.
    :param given: the values of the parameters that its statements name.
    :param scope: of a list that is read by another scope than that of the act: which.
    :param among: of a list that may find few rows among many: those that it looks through, in one statement,
        with the columns of its places and of those filters that narrow them. More than 10,000 are refused.
    """

    name: str
    about: str
    id: str
    definition: str
    rows: Rows
    columns: tuple[Column, ...]
    sorts: tuple[Sort, ...]
    filters: tuple[str, ...] = ()
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    places: tuple[str, ...] = ()
    households: str | None = None
    own: bool = False
    purpose: str = "person"
    given: Given = _nothing
    scope: Callable[[Connection, Scope, Asked], Scope] | None = None
    among: Rows | None = None


Find = Callable[[Connection, Scope, Asked, str], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class ThingQuery:
    """One thing by its id: `GET /<name>/<id>`, and the act of that name. Outside the scope it is not there.

    `POST /<name>/<id>/reveal` shows its personal fields, which takes a reason and is noted.

    :param seen: (kind of record, id) of those that somebody sees with it; without it, the thing alone.
    """

    name: str
    find: Find
    columns: tuple[Column, ...]
    purpose: str = "person"
    seen: Callable[[Mapping[str, Any]], Collection[tuple[str, str]]] | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """Something found by what must stand in no URL: `POST /lookups/<name>`, and the act of that name.

    :param find: gets the body, a JSON object. None: it is not there. Raises Refused.
    :param own: where it shows own tasks in full: the ids of the things shown, which is noted once a day.
    :param about: what kind of thing they are (`case`).
    """

    name: str
    find: Callable[[UnitOfWork, Scope, Asked, Mapping[str, Any]], Mapping[str, Any] | None]
    own: Callable[[Mapping[str, Any]], Collection[str]] | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Directory:
    """Where a service keeps its staff and places, its own or its copies.

    :param staff: says of each also when they are away, and who deputises.
    :param history: the staff's history stands beside the copy, with who deputises for whom.
    :param levels: of places that the rows of this service name. Whoever works at another level reaches the
        rows of the places of these levels below.
    """

    staff: Table | None = None
    places: Table | None = None
    revisions: Revisions | None = None
    history: bool = False
    levels: frozenset[str] = frozenset(("street", "community", "grid"))


@dataclass(frozen=True, slots=True)
class Door:
    """All that people may say to a service and ask of it."""

    service: str
    directory: Directory
    commands: Sequence[Command] = ()
    lists: Sequence[ListQuery] = ()
    things: Sequence[ThingQuery] = ()
    lookups: Sequence[Lookup] = ()

    def acts(self) -> tuple[str, ...]:
        """The names of all acts, each of which has one route."""
        return (
            *(command.name for command in self.commands),
            *(query.name for query in self.lists),
            *(thing.name for thing in self.things),
            *(lookup.name for lookup in self.lookups),
        )
