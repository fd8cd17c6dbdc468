"""A page of a list: 50 rows after a cursor, and with the first page exact figures up to 10,000 rows.

Counting 10,000 rows takes longer than reading 50: who shows the rows first asks for `count=few`, and for the
figure after them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Select,
    SelectBase,
    String,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.engine import Connection

from chassis.database.statements import bytewise
from chassis.database.types import Id, UtcDateTime
from chassis.doors.declared import Asked, ListQuery, Sort
from chassis.doors.reach import Reach
from chassis.sealing import SealBroken, Sealer
from contracts.faults import Fault, Refused
from field.ids import is_id

ROWS: Final = 50
COUNTED: Final = 10_000
"""Beyond so many rows a list is not counted exactly."""
COUNTED_AT_ONCE: Final = 1_000
"""So many at most where only `few` are asked to be counted: what that takes no page waits for."""
NOTHING: Final = "-"
"""Asked of a filter: rows in which its column says nothing, such as cases that nobody owns."""
_CURSOR = "cursor"
_COUNTED = "counted_"
_LONGEST = 200  # characters of what is asked for

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a list, checked.

    :param after: the values of the sort's columns in the last row of the page before.
    :param few: the first page counts no further than COUNTED_AT_ONCE.
    :param conditions: what is asked of filters that are no column.
    """

    sort: Sort
    filters: Mapping[str, str]
    place: str | None = None
    after: tuple[Any, ...] | None = None
    few: bool = False
    conditions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """:param rows: None beyond what is counted; households likewise, and where a list has none."""

    rows: int | None
    households: int | None
    more_than: int | None


@dataclass(frozen=True, slots=True)
class Page:
    rows: Sequence[Row]
    next: str | None
    figures: Figures | None


def read_wanted(query: ListQuery, asked: Mapping[str, str], sealer: Sealer) -> Wanted:
    """From the URL's arguments. Raises Refused with every fault."""
    faults: list[Fault] = []
    sorts = {sort.name: sort for sort in query.sorts}
    sort = sorts.get(asked.get("sort", query.sorts[0].name))
    if sort is None:
        faults.append(Fault("sort", "unknown", f"must be one of {', '.join(sorts)}"))
        sort = query.sorts[0]
    filters = (*query.filters, *query.conditions)
    own = ("sort", "after", "count", *(("place",) if query.places else ()))
    for name, value in asked.items():
        if name not in own and name not in filters:
            faults.append(Fault(name[:60], "unknown", f"is no filter: {', '.join((*own, *filters))}"))
        elif name != "after" and (not value or len(value) > _LONGEST or "\0" in value):
            faults.append(Fault(name, "length", f"must have 1 to {_LONGEST} characters"))
    after = None
    if "after" in asked:
        try:
            after = _opened(query, sort, asked["after"], sealer)
        except (SealBroken, ValueError):
            faults.append(Fault("after", "unreadable", "is no cursor of this list in this order"))
    count = asked.get("count", "all")
    if count not in ("all", "few"):
        faults.append(Fault("count", "unknown", "must be all or few"))
    if faults:
        raise Refused.invalid(faults)
    return Wanted(
        sort,
        {name: asked[name] for name in query.filters if name in asked},
        asked.get("place") if query.places else None,
        after,
        count == "few" and not sort.few,
        {name: asked[name] for name in query.conditions if name in asked},
    )


def read_page(
    conn: Connection, query: ListQuery, reach: Reach, asked: Asked, wanted: Wanted, sealer: Sealer
) -> Page:
    """Raises Refused: `unknown` for a place outside the scope, `invalid` where too much must be looked at, or
    where what is asked of a condition says nothing.
    """
    conditions = [of(asked, wanted.conditions.get(name)) for name, of in query.conditions.items()]
    if wanted.place is not None and not reach.covers_place(wanted.place):
        raise Refused.unknown("place", wanted.place)
    levels = _levels(query, wanted, reach)
    if query.among is not None:
        _check_few(conn, query, query.among(conn, reach.scope, asked), wanted, levels)
    rows = query.rows(conn, reach.scope, asked)
    first, *others = rows.selects if isinstance(rows, CompoundSelect) else [rows]
    parts = [
        _chosen(first, wanted, levels, conditions),
        *(replace(_chosen(part, wanted, levels, conditions), whole=True) for part in others),
    ]
    counted = None
    if not wanted.sort.few:
        found = _first_rows(conn, parts, wanted)
    elif conn.dialect.name == "postgresql":
        found, counted = _listed_at_once(conn, query, parts, wanted)
    else:
        counted = _figures(conn, query, parts, wanted)
        found = _first_rows(conn, parts, wanted)
    if counted and counted.more_than:
        message = f"is for up to {COUNTED} rows: choose a place, a filter or another order"
        raise Refused.invalid([Fault("sort", "too_many", message)])
    more, found = len(found) > ROWS, found[:ROWS]
    following = _sealed(query, wanted.sort, found[-1], sealer) if more else None
    if wanted.after is not None:
        return Page(found, following, None)
    figures = counted or _figures(conn, query, parts, wanted) if more else _figures_of(query, found)
    return Page(found, following, figures)


def read_all(
    conn: Connection, query: ListQuery, reach: Reach, asked: Asked, given: Mapping[str, str], sealer: Sealer
) -> Page:
    """All rows, up to COUNTED. Raises Refused as `read_page`, and where there are more.

    :param given: what is asked of the list, as its URL says it.
    """
    first = read_page(conn, query, reach, asked, read_wanted(query, given, sealer), sealer)
    if first.figures and first.figures.more_than:
        message = f"up to {COUNTED} rows are exported: choose a place or a filter"
        raise Refused.invalid([Fault("place", "too_many", message)])
    rows, following = list(first.rows), first.next
    while following:
        wanted = read_wanted(query, {**given, "after": following}, sealer)
        page = read_page(conn, query, reach, asked, wanted, sealer)
        rows += page.rows
        following = page.next
    return replace(first, rows=rows, next=None)


def _levels(query: ListQuery, wanted: Wanted, reach: Reach) -> Sequence[str]:
    """The columns in which the place may stand: one where its level is known, so that an index finds it."""
    known = reach.tree.by_id.get(wanted.place or "")
    return [known.level] if known and known.level in query.places else query.places


def _check_few(
    conn: Connection, query: ListQuery, among: SelectBase, wanted: Wanted, levels: Sequence[str]
) -> None:
    """Raises Refused."""
    known = {column.key for column in among.selected_columns}
    narrowed = {name: value for name, value in wanted.filters.items() if name in known}
    part = _chosen(among, replace(wanted, filters=narrowed), levels)
    few = part.rows.with_only_columns(part.columns[query.id]).limit(COUNTED + 1).subquery("few")
    if conn.execute(select(func.count()).select_from(few)).scalar_one() > COUNTED:
        message = f"looks through up to {COUNTED} rows: choose a place"
        raise Refused.invalid([Fault("place", "too_many", message)])


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


def _chosen(
    rows: SelectBase, wanted: Wanted, levels: Sequence[str], also: Sequence[ColumnElement[bool]] = ()
) -> _Part:
    """Conditions are added to the statement itself: one around it takes longer to make than to run."""
    assert isinstance(rows, Select)
    columns = {str(column.key): column for column in rows.selected_columns}
    conditions: list[ColumnElement[bool]] = [
        *also,
        *(_holds(name, columns[name], value) for name, value in wanted.filters.items()),
    ]
    if wanted.place is not None:
        conditions.append(or_(*(columns[level] == wanted.place for level in levels)))
    return _Part(rows.where(*conditions), columns)


def _holds(name: str, column: ColumnElement[Any], value: str) -> ColumnElement[bool]:
    """Raises Refused: PostgreSQL fails where an id is compared with what has not its form."""
    if value == NOTHING:
        return column.is_(None)
    if isinstance(column.type, Id) and not is_id(value):
        raise Refused.invalid([Fault(name, "unreadable", "is no id")])
    return column == value


def _first_rows(conn: Connection, parts: Sequence[_Part], wanted: Wanted) -> list[dict[str, Any]]:
    """One more than the page has. Each part is asked for its own, which an index may have in this order."""
    sort = wanted.sort
    pages = [_page_of(part, wanted) for part in parts]
    if len(pages) == 1:
        return [dict(row) for row in conn.execute(pages[0]).mappings()]
    # Each question is a round trip. SQLite, where it is none, cannot ask for the first rows of both in one.
    asked = [union_all(*pages)] if conn.dialect.name == "postgresql" else pages
    found = [dict(row) for page in asked for row in conn.execute(page).mappings()]
    return sorted(found, key=itemgetter(*sort.columns), reverse=sort.descending)[: ROWS + 1]


def _listed_at_once(
    conn: Connection, query: ListQuery, parts: Sequence[_Part], wanted: Wanted
) -> tuple[list[dict[str, Any]], Figures | None]:
    """The same in an order that no index has: for a page all rows are read, so they are counted, too."""
    rows = [part.rows for part in parts]
    listed = (union_all(*rows) if len(rows) > 1 else rows[0]).limit(COUNTED + 1).cte("listed")
    columns = {str(column.key): column for column in listed.c}
    households = func.count(bytewise(_household(query, columns)).distinct())
    counted = select(array([func.count(), households])).select_from(listed).correlate(None)
    both = select(listed, counted.scalar_subquery().label(_COUNTED))
    page = _page_of(_Part(both, columns), wanted)
    found = [dict(row) for row in conn.execute(page).mappings()]
    numbers = [row.pop(_COUNTED) for row in found]
    many, homes = numbers[0] if numbers else (0, 0)
    if many > COUNTED:
        return found, Figures(None, None, COUNTED)
    return found, Figures(many, homes if query.households else None, None)


def _household(query: ListQuery, columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[Any]:
    """By which households are counted: whom no report names with others is one alone."""
    id = columns[query.id]
    if query.households is None:
        return id
    return func.coalesce(columns[query.households].cast(String), id.cast(String))


def _page_of(part: _Part, wanted: Wanted) -> Select[Any]:
    page = part.in_order(wanted.sort)
    if wanted.after is not None:
        by = [part.columns[name] for name in wanted.sort.columns]
        page = page.where(_beyond(by, wanted.after, wanted.sort.descending))
    return page.limit(ROWS + 1)


def _beyond(by: Sequence[ColumnElement[Any]], after: Sequence[Any], descending: bool) -> ColumnElement[bool]:
    values = [_typed(column, value) for column, value in zip(by, after, strict=True)]
    if len(by) == 1:
        return by[0] < values[0] if descending else by[0] > values[0]
    ours, theirs = tuple_(*by), tuple_(*values)
    beyond: ColumnElement[bool] = ours < theirs if descending else ours > theirs
    # Said of the first column too: both databases find the start in an index by it.
    first = by[0] <= values[0] if descending else by[0] >= values[0]
    return and_(first, beyond)


def _typed(column: ColumnElement[Any], value: Any) -> ColumnElement[Any]:
    if isinstance(column.type, UtcDateTime):
        value = datetime.fromisoformat(value)
    elif isinstance(column.type, Date):
        value = date.fromisoformat(value)
    return literal(value, column.type)


def _figures_of(query: ListQuery, rows: Sequence[Row]) -> Figures:
    """Of a list that is one page: nothing need be asked."""
    if query.households is None:
        return Figures(len(rows), None, None)
    return Figures(len(rows), len({row[query.households] or row[query.id] for row in rows}), None)


def _figures(conn: Connection, query: ListQuery, parts: Sequence[_Part], wanted: Wanted) -> Figures:
    """Counted right after the page was read."""
    most = COUNTED_AT_ONCE if wanted.few else COUNTED

    def counted(part: _Part) -> ColumnElement[Any]:
        return _household(query, part.columns).label("of_row")

    if wanted.few:
        # In the order of the page: with a limit alone PostgreSQL reads the whole table until it has so many.
        in_turn = (part.rows if part.whole else part.in_order(wanted.sort) for part in parts)
        rows = [
            select(one.with_only_columns(counted(part)).limit(most + 1).subquery())
            for one, part in zip(in_turn, parts, strict=True)
        ]
    else:
        rows = [part.rows.with_only_columns(counted(part)) for part in parts]
    few = (union_all(*rows) if len(rows) > 1 else rows[0]).limit(most + 1).subquery("few")
    counts = [func.count()]
    if query.households:
        counts.append(func.count(bytewise(few.c.of_row).distinct()))
    numbers = conn.execute(select(*counts).select_from(few)).one()
    if numbers[0] > most:
        return Figures(None, None, most)
    return Figures(numbers[0], numbers[1] if query.households else None, None)


def _sealed(query: ListQuery, sort: Sort, last: Row, sealer: Sealer) -> str:
    values = [last[name] for name in sort.columns]
    plain = [value.isoformat() if isinstance(value, date) else value for value in values]
    return sealer.seal([query.name, sort.name, plain], _CURSOR)


def _opened(query: ListQuery, sort: Sort, text: str, sealer: Sealer) -> tuple[Any, ...]:
    name, order, values = sealer.unseal(text[:2000], _CURSOR)
    if (name, order, len(values)) != (query.name, sort.name, len(sort.columns)):
        raise ValueError
    return tuple(values)
