"""Who may do what: the roles of roles.yaml are those of staff.csv, and every act of a door stands in it."""

from __future__ import annotations

from importlib import import_module

import pytest

from chassis.doors.app import HAND_IN, Doorway, make_app
from chassis.doors.declared import Door
from chassis.doors.roles import read_roles, roles
from chassis.doors.tokens import Keys
from field.words import ROLES
from operations.services import SERVICES, handlers_of
from tests.doors import public_pem


def doors() -> list[Door]:
    return [import_module(f"services.{service}.door").DOOR for service in SERVICES]


def test_the_roles_of_staff_are_those_of_staff_csv() -> None:
    assert roles().staff == set(ROLES)


def test_every_act_of_a_door_is_allowed_to_somebody() -> None:
    for door in doors():
        for act in door.acts():
            assert roles().acts[door.service].get(act), f"{door.service}: {act} stands not in roles.yaml"


def test_every_act_that_is_allowed_is_one_of_a_door() -> None:
    for door in doors():
        assert set(roles().acts[door.service]) - {HAND_IN} <= set(door.acts()), door.service


def test_every_route_is_an_act_or_a_probe() -> None:
    for door in doors():
        app = make_app(Doorway.of(door, None, Keys(public_pem())))  # type: ignore[arg-type]
        routes = {rule.endpoint for rule in app.url_map.iter_rules()}
        # shown in full, or taken as a file: by the right of the thing or list itself
        revealed = {f"{thing.name}:reveal" for thing in door.things}
        exported = {f"{query.name}:export" for query in door.lists if not query.own}
        assert routes == {*door.acts(), *revealed, *exported, "livez", "readyz", "metrics"}


def test_events_of_every_type_that_a_service_takes_from_outside_can_be_handed_in() -> None:
    for door in doors():
        outside = [handler for handler in handlers_of(door.service) if handler.from_outside]
        app = make_app(Doorway.of(door, None, Keys(public_pem()), handlers=outside))  # type: ignore[arg-type]
        rules = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/events/")}
        assert rules == {f"/events/{event}" for handler in outside for event in handler.events}
        assert not outside or roles().acts[door.service][HAND_IN] == {"publisher"}


def test_no_two_acts_of_a_door_have_one_name() -> None:
    for door in doors():
        assert len(set(door.acts())) == len(door.acts())


def test_police_see_neither_cases_nor_tasks_and_administrators_neither() -> None:
    for role in ("police", "administrator"):
        for act in ("open_cases", "case", "open_tasks", "overdue_tasks", "own_tasks", "report_check_in"):
            assert not roles().may(role, "isolation", act), (role, act)


def test_police_read_three_lists_and_nothing_else_of_isolation() -> None:
    """Acts that are no query of a door are commands: what police say."""
    [door] = [one for one in doors() if one.service == "isolation"]
    queries = {one.name for one in (*door.lists, *door.things, *door.lookups)}
    read = {act for act in queries if roles().may("police", "isolation", act)}
    assert read == {"confirmed_breaches", "decided_refusals", "escorts"}


def test_an_act_of_a_role_that_there_is_not_is_a_fault() -> None:
    with pytest.raises(ValueError, match="isolation, wave: no such role: ghost"):
        read_roles({"roles": {"a": {"staff": True, "who": "x"}}, "acts": {"isolation": {"wave": ["ghost"]}}})
