"""The statements of lists, put together once and kept: that takes longer than to run them.

A statement depends on the list, on which kinds of places a scope names, and on the form of what is asked. Who
asks, when, for which place and after which row are its parameters.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Integer,
    Select,
    SelectBase,
    String,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.engine import Connection

from chassis.database.statements import bytewise
from chassis.database.types import UtcDateTime
from chassis.doors.declared import ListQuery, Sort
from chassis.doors.within import Bounds

NUMBERS: Final = "counted_"
"""The column of `Statements.listed` in which rows and households are counted."""
OF_PAGE, OF_LIST, OF_FIGURES = "limit_of_page", "limit_of_list", "limit_of_figures"
"""The parameters that say how many rows are read at most of a page, of a list of which all are read, and to
be counted."""
_PLACE: Final = "at_place"
_MOST: Final = 300
"""So many lists' statements are kept; some hundred kinds of questions are asked on a day."""


@dataclass(frozen=True, slots=True)
class Form:
    """What is asked of a list, without the values.

    :param filters: name of a column -> whether rows are asked for in which it says nothing.
    :param conditions: what is asked of filters that are no column; of those with parameters, only that.
    :param levels: the columns in which a place may stand; none where none is asked for.
    :param after: whether it is a page after another.
    :param few: the first page is not to be counted far.
    """

    sort: Sort
    filters: tuple[tuple[str, bool], ...]
    conditions: tuple[tuple[str, str | None], ...]
    levels: tuple[str, ...]
    after: bool
    few: bool


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of a list that one statement finds, and the statement's columns by name.

    :param whole: they are few: all are read and then put in order.
    """

    rows: Select[Any]
    columns: Mapping[str, ColumnElement[Any]]
    whole: bool = False

    def in_order(self, sort: Sort) -> Select[Any]:
        first, *others = (self.columns[name] for name in sort.columns)
        if self.whole:  # no index has this order: else the planner may walk through a table that has it
            first = func.coalesce(first, first)
        by = (first, *others)
        return self.rows.order_by(*((column.desc() if sort.descending else column) for column in by))


class Statements:
    """Of one list in one form. Each is made when it is asked for first."""

    def __init__(self, conn: Connection, query: ListQuery, scope: Bounds, form: Form) -> None:
        """Raises Refused for what is asked of a condition and says nothing."""
        self._query, self._form, self._postgresql = query, form, conn.dialect.name == "postgresql"
        also = [query.conditions[name].rows(value) for name, value in form.conditions]
        rows = query.rows(conn, scope)
        first, *others = rows.selects if isinstance(rows, CompoundSelect) else [rows]
        self._parts = [
            _chosen(first, form, also),
            *(replace(_chosen(part, form, also), whole=True) for part in others),
        ]
        self._among = query.among(conn, scope) if query.among else None

    @cached_property
    def looked_through(self) -> Select[Any] | None:
        """How many rows a list looks through that may find few among many."""
        if self._among is None:
            return None
        known = {column.key for column in self._among.selected_columns}
        narrowed = tuple(one for one in self._form.filters if one[0] in known)
        part = _chosen(self._among, replace(self._form, filters=narrowed))
        ids = part.rows.with_only_columns(part.columns[self._query.id])
        few = ids.limit(_limit(OF_LIST)).subquery("few")
        return select(func.count()).select_from(few)

    @cached_property
    def pages(self) -> Sequence[Select[Any] | CompoundSelect[Any]]:
        """Each part is asked for its own first rows, which an index may have in this order."""
        pages = [_page_of(part, self._form) for part in self._parts]
        # Each question is a round trip. SQLite, where it is none, cannot ask for the first rows of both in
        # one.
        return [union_all(*pages)] if len(pages) > 1 and self._postgresql else pages

    @cached_property
    def listed(self) -> Select[Any]:
        """The same in an order that no index has: for a page all rows are read, so they are counted, too."""
        rows = [part.rows for part in self._parts]
        listed = (union_all(*rows) if len(rows) > 1 else rows[0]).limit(_limit(OF_LIST)).cte("listed")
        columns = {str(column.key): column for column in listed.c}
        households = func.count(bytewise(_household(self._query, columns)).distinct())
        counted = select(array([func.count(), households])).select_from(listed).correlate(None)
        both = select(listed, counted.scalar_subquery().label(NUMBERS))
        return _page_of(_Part(both, columns), self._form)

    @property
    def in_parts(self) -> bool:
        """Whether `pages` find the rows of several parts, each in its order."""
        return len(self._parts) > 1

    @cached_property
    def figures(self) -> Select[Any]:
        """Rows, and households where the list has any."""
        form, query, most = self._form, self._query, _limit(OF_FIGURES)

        def counted(part: _Part) -> ColumnElement[Any]:
            return _household(query, part.columns).label("of_row")

        if form.few:
            # In the order of the page: with a limit alone PostgreSQL reads the whole table until it has so
            # many.
            in_turn = (part.rows if part.whole else part.in_order(form.sort) for part in self._parts)
            rows = [
                select(one.with_only_columns(counted(part)).limit(most).subquery())
                for one, part in zip(in_turn, self._parts, strict=True)
            ]
        else:
            rows = [part.rows.with_only_columns(counted(part)) for part in self._parts]
        few = (union_all(*rows) if len(rows) > 1 else rows[0]).limit(most).subquery("few")
        counts: list[Any] = [func.count()]
        if query.households:
            counts.append(func.count(bytewise(few.c.of_row).distinct()))
        return select(*counts).select_from(few)

    def column(self, name: str) -> ColumnElement[Any]:
        return self._parts[0].columns[name]

    def values(self, filters: Mapping[str, str], place: str | None, after: Sequence[Any]) -> dict[str, Any]:
        """The parameters that say which values are asked for.

        :param after: what the columns of the sort have in the last row of the page before.
        """
        by_column = zip(self._form.sort.columns, after, strict=True) if after else ()
        return {
            **{_filter(name): value for name, value in filters.items()},
            _PLACE: place,
            **{_after(name): _read(self.column(name), value) for name, value in by_column},
        }


_kept: dict[Hashable, Statements] = {}


def statements(conn: Connection, query: ListQuery, scope: Bounds, form: Form) -> Statements:
    """Kept, or made. Raises Refused for what is asked of a condition and says nothing."""
    key = query, conn.dialect.name, scope.outline, form
    found = _kept.get(key)
    if found is None:
        found = Statements(conn, query, scope, form)
        if len(_kept) >= _MOST:
            _kept.clear()
        _kept[key] = found
    return found


def _limit(name: str) -> ColumnElement[int]:
    return bindparam(name, type_=Integer)


def _filter(name: str) -> str:
    return f"asked_{name}"


def _after(name: str) -> str:
    return f"after_{name}"


def _read(column: ColumnElement[Any], value: Any) -> Any:
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(column.type, Date) else value


def _chosen(rows: SelectBase, form: Form, also: Sequence[ColumnElement[bool]] = ()) -> _Part:
    """Conditions are added to the statement itself, so that PostgreSQL finds rows by them."""
    assert isinstance(rows, Select)
    columns = {str(column.key): column for column in rows.selected_columns}
    conditions: list[ColumnElement[bool]] = list(also)
    for name, says_nothing in form.filters:
        column = columns[name]
        value = bindparam(_filter(name), type_=column.type)
        conditions.append(column.is_(None) if says_nothing else column == value)
    if form.levels:
        at = [columns[level] for level in form.levels]
        conditions.append(or_(*(column == bindparam(_PLACE, type_=column.type) for column in at)))
    return _Part(rows.where(*conditions), columns)


def _page_of(part: _Part, form: Form) -> Select[Any]:
    page = part.in_order(form.sort)
    if form.after:
        page = page.where(_beyond([part.columns[name] for name in form.sort.columns], form.sort))
    return page.limit(_limit(OF_PAGE))


def _beyond(by: Sequence[ColumnElement[Any]], sort: Sort) -> ColumnElement[bool]:
    values = [
        bindparam(_after(name), type_=column.type) for name, column in zip(sort.columns, by, strict=True)
    ]
    if len(by) == 1:
        return by[0] < values[0] if sort.descending else by[0] > values[0]
    ours, theirs = tuple_(*by), tuple_(*values)
    beyond: ColumnElement[bool] = ours < theirs if sort.descending else ours > theirs
    # Said of the first column too: both databases find the start in an index by it.
    first = by[0] <= values[0] if sort.descending else by[0] >= values[0]
    return and_(first, beyond)


def _household(query: ListQuery, columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[Any]:
    """By which households are counted: whom no report names with others is one alone."""
    id = columns[query.id]
    if query.households is None:
        return id
    return func.coalesce(columns[query.households].cast(String), id.cast(String))
