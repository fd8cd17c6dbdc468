"""The statements of lists are kept for everybody: nothing of whoever asked first may stand in one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from sqlalchemy import BindParameter, Connection, create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import visitors

from chassis.doors.declared import ListQuery
from chassis.doors.kept import Form, Statements, statements
from chassis.doors.within import Bounds
from field.scope import EVERYWHERE, NOWHERE, Lies, Scope
from services.isolation.door import DOOR as ISOLATION
from services.registration.door import DOOR as REGISTRATION

LISTS = [(door.service, query) for door in (ISOLATION, REGISTRATION) for query in door.lists]
WORDS: Mapping[str, str] = {
    "overdue": "yes",
    "change": "moved",
    "matter": "unreachable",
    "answer": "asked",
    "state": "transfer_asked",
}
"""What is asked of conditions that know a few words."""


def scope(who: str) -> Scope:
    at = {
        f"{who}-street": Lies("street"),
        f"{who}-community": Lies("community"),
        f"{who}-grid": Lies("grid", f"{who}-around"),
    }
    home = str(uuid5(NAMESPACE_URL, who))
    return Scope(frozenset({*at, f"{who}-unknown"}), households=frozenset({home}), lies=at)


@pytest.fixture(scope="module")
def conn() -> Iterator[Connection]:
    """To a database without tables: whoever looks something up for a statement fails."""
    with create_engine("sqlite://").connect() as conn:
        yield conn


def made_for(conn: Connection, who: str, query: ListQuery) -> Statements:
    """The statements, made anew for somebody who asks for all that can be asked for."""
    words = [(name, "" if of.given else WORDS[name]) for name, of in query.conditions.items()]
    filters = tuple((name, False) for name in query.filters)
    form = Form(query.sorts[0], filters, tuple(words), tuple(query.places), after=True, few=False)
    return Statements(conn, query, Bounds.of(scope(who), scope(who).lies, named=True), form)


def said(statement: Any) -> tuple[str, list[Any]]:
    """Its text, and the values that stand in it."""
    found = visitors.iterate(statement)
    constants = [one.value for one in found if isinstance(one, BindParameter) and one.unique]
    return str(statement.compile(dialect=postgresql.dialect())), constants


def all_of(made: Statements) -> list[tuple[str, list[Any]]]:
    found = (*made.pages, made.listed, made.figures, made.looked_through)
    return [said(statement) for statement in found if statement is not None]


@pytest.mark.parametrize(("service", "query"), LISTS, ids=[f"{name}-{query.name}" for name, query in LISTS])
def test_a_statement_is_the_same_whoever_asks(conn: Connection, service: str, query: ListQuery) -> None:
    ours, theirs = (all_of(made_for(conn, who, query)) for who in ("ann", "bob"))
    assert ours == theirs
    assert "ann" not in repr(ours)


def test_scopes_of_one_outline_share_statements_and_others_do_not(conn: Connection) -> None:
    query = next(query for query in ISOLATION.lists if query.name == "open_cases")
    form = Form(query.sorts[0], (), (("day", None),), (), after=False, few=False)
    ann, bob = (Bounds.of(scope(who), scope(who).lies, named=True) for who in ("ann", "bob"))
    streets = {
        count: {str(number): Lies("street") for number in range(count)}  # beyond 200 they are one parameter
        for count in (1, 201)
    }
    one, many = (Bounds.of(Scope(frozenset(at)), at, named=True) for at in streets.values())
    unknown, everything, nothing, own = (
        Bounds.of(scope, {}, named=True)
        for scope in (Scope(frozenset("0")), EVERYWHERE, NOWHERE, Scope(households=scope("ann").households))
    )
    others = one, many, unknown, everything, nothing, own
    kept = [statements(conn, query, bounds, form) for bounds in (ann, bob, *others)]
    assert kept[0] is kept[1]
    assert len({id(one) for one in kept}) == 1 + len(others)
