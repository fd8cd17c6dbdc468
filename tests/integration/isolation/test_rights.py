"""The matrix of rights, made from roles.yaml: role, act, and where a row lies from where its author works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import event

from chassis.commands.command import Author
from chassis.doors.declared import Directory
from chassis.doors.reach import Reaching
from chassis.doors.roles import roles
from chassis.doors.tokens import Actor
from contracts.envelope import ONE, dump_event, read_message
from contracts.faults import Refused
from contracts.registry import read_data
from services.isolation.revisions import REVISIONS
from services.isolation.teams.copies import PLACES, STAFF
from services.isolation.teams.tables import places, staff
from tests.integration.isolation.trial import MORNING, Trial, place, prepare, trial
from tests.integration.isolation.trial import staff as member

LEVELS = ("city", "district", "street", "guanqu", "community", "grid", "courtyard")
ROW_LEVELS = frozenset({"street", "community", "grid"})
"""Two branches below one city: ours ends in `-a`, the one beside it in `-b`."""


def chain(branch: str) -> list[tuple[str, str | None, str]]:
    ids = [f"{level}-{branch}" if level != "city" else "city" for level in LEVELS]
    return [(id, above, level) for id, above, level in zip(ids, [None, *ids], LEVELS, strict=False)]


def row_in(branch: str) -> tuple[str, ...]:
    """The places of a row, as it names them."""
    return tuple(f"{level}-{branch}" for level in ("grid", "community", "street"))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    url = f"sqlite:///{tmp_path_factory.mktemp('rights')}/isolation.db"
    prepare(url)
    with trial(url) as found:
        found.do(PLACES.keep, [place(*one) for one in {*chain("a"), *chain("b")}])
        people = [
            member(f"{role}@{level}", role, "city" if level == "city" else f"{level}-a")
            for role, level in product(sorted(roles().staff), LEVELS)
        ]
        found.do(STAFF.keep, people)
        yield found


def reach(town: Trial, actor: Actor, service: str, act: str) -> Callable[..., bool] | None:
    """Whether a row in these places is reached; None where the act is not allowed at all."""
    reaching = Reaching(
        service, Directory(staff, places, REVISIONS, history=True, levels=ROW_LEVELS), roles()
    )
    with town.work.look() as uow:
        try:
            return reaching(uow, actor, act).scope.covers
        except Refused as refused:
            assert refused.kind == "not_allowed"
            return None


ACTS = [(service, act) for service, acts in roles().acts.items() for act in acts]
REACHES_OWN = {"city", "district", "street", "guanqu", "community", "grid"}


@pytest.mark.parametrize("role", sorted(roles().staff))
def test_every_role_and_act_at_every_place(town: Trial, role: str) -> None:
    looked_at = 0
    for service, act in ACTS:
        for level in LEVELS:
            id = f"{role}@{level}"
            covers = reach(town, Actor(Author("staff", f"/console/{id}", id)), service, act)
            if role not in roles().acts[service][act]:
                assert covers is None, (role, act, level)
                continue
            assert covers is not None, (role, act, level)
            # the own place and below; beside it only from where both branches lie below
            assert covers(*row_in("a")) == (level in REACHES_OWN), (role, act, level)
            assert covers(*row_in("b")) == (level == "city"), (role, act, level)
            # above: a row that lies at a place above one's own and at none below it
            for length, of in enumerate(("street", "community", "grid"), start=1):
                may = LEVELS.index(level) <= LEVELS.index(of)
                assert covers(*row_in("a")[-length:]) == may, (role, act, level, of)
            assert not covers(None, None, None)
            looked_at += 1
    assert looked_at or not any(role in may for acts in roles().acts.values() for may in acts.values())


@pytest.mark.parametrize("kind", ["link", "contact", "publisher"])
def test_residents_reach_their_household_and_systems_what_they_may_state(town: Trial, kind: str) -> None:
    role = {"link": "resident", "contact": "contact_person", "publisher": "publisher"}[kind]
    author = Author(kind, f"/{'link/' if kind != 'publisher' else ''}x", "x")  # type: ignore[arg-type]
    for service, act in ACTS:
        covers = reach(town, Actor(author, household="h1"), service, act)
        assert (covers is not None) == (role in roles().acts[service][act])
        if covers:
            assert covers(*row_in("a")) == (role == "publisher")
            scope = covers.__self__  # type: ignore[attr-defined]
            assert scope.covers_household("h1")
            assert scope.covers_household("h2") == (role == "publisher")
            assert scope.covers_household(None) == (role == "publisher")


# -- when it happened -------------------------------------------------------------------------------------


@pytest.fixture
def moved(isolation: Trial) -> Trial:
    """The officer of c-1 went to c-2 on the second day and left on the third."""
    isolation.do(PLACES.keep, [place("c-2", "zhangye-road", "community")])
    for days, version, where, active in ((1, 2, "c-2", True), (2, 3, "c-2", False)):
        event = member("officer", "community_officer", where, version, active=active)
        raw = {**event.raw, "time": (MORNING + timedelta(days=days)).isoformat()}
        isolation.do(STAFF.keep, [_again(raw)])
    isolation.clock.advance(days=2, hours=1)
    return isolation


def _again(raw: dict) -> object:
    return read_data(read_message(dump_event(raw), ONE)[0])


@pytest.mark.parametrize(
    ("hours", "place_id"), [(0, None), (2, "c-2"), (24, "c-2"), (26, "c-1"), (49, "c-1")]
)
def test_an_act_is_judged_by_what_its_author_was_then(moved: Trial, hours: int, place_id: str | None) -> None:
    directory = Directory(staff, places, REVISIONS, history=True)
    actor = Actor(Author("staff", "/console/officer", "officer"))
    with moved.work.look() as uow:
        reaching = Reaching("isolation", directory, roles())
        try:
            scope = reaching(uow, actor, "waive_task", uow.now - timedelta(hours=hours)).scope
        except Refused:
            assert place_id is None
            return
    assert {one for one in ("c-1", "c-2") if scope.covers(one)} == {place_id}


def test_an_act_of_long_ago_is_judged_as_if_it_were_three_days_old(moved: Trial) -> None:
    moved.clock.advance(days=2)
    actor = Actor(Author("staff", "/console/officer", "officer"))
    reaching = Reaching("isolation", Directory(staff, places, REVISIONS, history=True), roles())
    with moved.work.look() as uow:
        scope = reaching(uow, actor, "waive_task", uow.now - timedelta(hours=95)).scope
    assert scope.covers("c-2") and not scope.covers("c-1")


def test_who_began_later_says_what_was_before(isolation: Trial) -> None:
    """An officer who is new today enters what a phone kept since yesterday."""
    event = member("new", "community_officer", "c-1", 1)
    raw = {**event.raw, "time": (MORNING + timedelta(days=1)).isoformat()}
    isolation.do(STAFF.keep, [_again(raw)])
    isolation.clock.advance(days=1, hours=1)
    reaching = Reaching("isolation", Directory(staff, places, REVISIONS, history=True), roles())
    with isolation.work.look() as uow:
        actor = Actor(Author("staff", "/console/new", "new"))
        assert reaching(uow, actor, "waive_task", uow.now - timedelta(hours=2)).scope.covers("c-1")


def test_a_deputy_reaches_what_whoever_is_away_reaches(isolation: Trial) -> None:
    away = {"away_from": MORNING, "away_to": MORNING + timedelta(days=1), "deputy": "nurse"}
    isolation.do(STAFF.keep, [member("street", "street_officer", "zhangye-road", 2, **away)])
    directory = Directory(staff, places, REVISIONS, history=True)
    actor = Actor(Author("staff", "/console/nurse", "nurse"))
    reaching = Reaching("isolation", directory, roles())
    with isolation.work.look() as uow:
        assert reaching(uow, actor, "waive_task").scope.covers("zhangye-road")
    isolation.clock.advance(days=2)
    with isolation.work.look() as uow, pytest.raises(Refused):
        reaching(uow, actor, "waive_task")


def test_what_is_kept_of_staff_is_read_again_when_it_changes(moved: Trial) -> None:
    """A process keeps who works where, until the revision of staff says that it has changed."""
    reaching = Reaching("isolation", Directory(staff, places, REVISIONS, history=True), roles())
    actor = Actor(Author("staff", "/console/nurse", "nurse"))
    asked: list[str] = []
    engine = moved.database.engine
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    def reached(hours: int = 0) -> set[str]:
        with moved.work.look() as uow:
            scope = reaching(uow, actor, "report_task", uow.now - timedelta(hours=hours)).scope
            return {one for one in ("c-1", "c-2") if scope.covers(one)}

    assert reached() == {"c-1"}
    asked.clear()
    assert reached() == {"c-1"} and not any("staff" in one for one in asked), asked

    moved.do(STAFF.keep, [_nurse(4, "c-2", hours_ago=2)])
    assert reached() == {"c-2"}
    moved.do(STAFF.keep, [_nurse(3, "c-1", hours_ago=30, active=False)])
    assert reached() == {"c-2"}
    assert reached(hours=3) == {"c-2"}, "what comes late says that they had left and came back"
    moved.do(STAFF.keep, [_nurse(5, "c-2", hours_ago=0, active=False)])
    with pytest.raises(Refused):
        reached()


def _nurse(version: int, where: str, hours_ago: int, **changed: Any) -> Any:
    event = member("nurse", "health_worker", where, version, **changed)
    then = MORNING + timedelta(days=2, hours=1) - timedelta(hours=hours_ago)
    return _again({**event.raw, "time": then.isoformat()})
