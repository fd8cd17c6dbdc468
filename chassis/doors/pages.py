"""A page of a list: 50 rows after a cursor, and with the first page exact figures up to 10,000 rows.

Counting 10,000 rows takes longer than reading 50: who shows the rows first asks for `count=few`, and for the
figure after them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Executable
from sqlalchemy.engine import Connection

from chassis.database.types import Id
from chassis.doors.declared import NOW, Asked, ListQuery, Sort
from chassis.doors.kept import NUMBERS, OF_FIGURES, OF_LIST, OF_PAGE, Form, Statements, statements
from chassis.doors.reach import Reach
from chassis.doors.within import Bounds
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
    given = {NOW.key: asked.now, **query.given(conn, asked), **_of_conditions(query, asked, wanted)}
    scope = query.scope(conn, reach.scope, asked) if query.scope else reach.scope
    bounds = Bounds.of(scope, scope.lies, named=True)
    made = statements(conn, query, bounds, _form(query, wanted, reach))
    if wanted.place is not None and not reach.covers_place(wanted.place):
        raise Refused.unknown("place", wanted.place)
    limits = {OF_PAGE: ROWS + 1, OF_LIST: COUNTED + 1, OF_FIGURES: _most(wanted) + 1}
    given |= limits | bounds.parameters() | made.values(wanted.filters, wanted.place, wanted.after or ())
    _check(conn, made, wanted, given)
    counted = None
    if not wanted.sort.few:
        found = _first_rows(conn, made, wanted, given)
    elif conn.dialect.name == "postgresql":
        found, counted = _listed_at_once(conn, query, made, given)
    else:
        counted = _figures(conn, query, made, wanted, given)
        found = _first_rows(conn, made, wanted, given)
    if counted and counted.more_than:
        message = f"is for up to {COUNTED} rows: choose a place, a filter or another order"
        raise Refused.invalid([Fault("sort", "too_many", message)])
    more, found = len(found) > ROWS, found[:ROWS]
    following = _sealed(query, wanted.sort, found[-1], sealer) if more else None
    if wanted.after is not None:
        return Page(found, following, None)
    figures = counted or _figures(conn, query, made, wanted, given) if more else _figures_of(query, found)
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


def _of_conditions(query: ListQuery, asked: Asked, wanted: Wanted) -> dict[str, Any]:
    """The parameters of what is asked of conditions. Raises Refused."""
    given: dict[str, Any] = {}
    for name, value in wanted.conditions.items():
        if of := query.conditions[name].given:
            given |= of(asked, value)
    return given


def _form(query: ListQuery, wanted: Wanted, reach: Reach) -> Form:
    """A place stands in one column where its level is known, so that an index finds it."""
    known = reach.tree.by_id.get(wanted.place or "")
    levels = (known.level,) if known and known.level in query.places else query.places
    conditions = (
        (name, value if value is None or of.given is None else "")
        for name, of in query.conditions.items()
        for value in [wanted.conditions.get(name)]
    )
    return Form(
        wanted.sort,
        tuple((name, value == NOTHING) for name, value in wanted.filters.items()),
        tuple(conditions),
        levels if wanted.place is not None else (),
        wanted.after is not None,
        wanted.few,
    )


def _check(conn: Connection, made: Statements, wanted: Wanted, given: Mapping[str, Any]) -> None:
    """Raises Refused: PostgreSQL fails where an id is compared with what has not its form."""
    for name, value in wanted.filters.items():
        if value != NOTHING and isinstance(made.column(name).type, Id) and not is_id(value):
            raise Refused.invalid([Fault(name, "unreadable", "is no id")])
    through = made.looked_through
    if through is not None and conn.execute(through, given).scalar_one() > COUNTED:
        message = f"looks through up to {COUNTED} rows: choose a place"
        raise Refused.invalid([Fault("place", "too_many", message)])


def _rows(conn: Connection, statement: Executable, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = conn.execute(statement, given)
    names = tuple(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found]


def _first_rows(
    conn: Connection, made: Statements, wanted: Wanted, given: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """One more than the page has."""
    sort, pages = wanted.sort, made.pages
    found = [row for page in pages for row in _rows(conn, page, given)]
    if made.in_parts:
        return sorted(found, key=itemgetter(*sort.columns), reverse=sort.descending)[: ROWS + 1]
    return found


def _listed_at_once(
    conn: Connection, query: ListQuery, made: Statements, given: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], Figures]:
    """The same in an order that no index has, and counted."""
    found = _rows(conn, made.listed, given)
    numbers = [row.pop(NUMBERS) for row in found]
    many, homes = numbers[0] if numbers else (0, 0)
    if many > COUNTED:
        return found, Figures(None, None, COUNTED)
    return found, Figures(many, homes if query.households else None, None)


def _figures_of(query: ListQuery, rows: Sequence[Row]) -> Figures:
    """Of a list that is one page: nothing need be asked."""
    if query.households is None:
        return Figures(len(rows), None, None)
    return Figures(len(rows), len({row[query.households] or row[query.id] for row in rows}), None)


def _most(wanted: Wanted) -> int:
    return COUNTED_AT_ONCE if wanted.few else COUNTED


def _figures(
    conn: Connection, query: ListQuery, made: Statements, wanted: Wanted, given: Mapping[str, Any]
) -> Figures:
    """Counted right after the page was read."""
    most, numbers = _most(wanted), conn.execute(made.figures, given).one()
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
