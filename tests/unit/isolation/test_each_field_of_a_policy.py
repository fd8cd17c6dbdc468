"""Whatever a policy's document says makes a difference: to what is planned, decided or told, or to a task."""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Callable, Collection, Iterator
from datetime import date, time
from pathlib import Path as File
from typing import Any

from marshmallow import Schema, fields

import services.isolation
from contracts.faults import Refused
from field.words import (
    LEVELS,
    MEASURES,
    NEED_KINDS,
    PERMIT_KINDS,
    ROLES,
    RUNGS,
    SPECIAL_GROUPS,
    TOLD_OF_CASES,
)
from services.isolation.policies.documents import policy_from, shipped
from services.isolation.policies.rules import Policy, Rule, Terms
from services.isolation.policies.schema import NEEDS, PERMITS, SCHEMA
from tests.unit.isolation.what_follows import of_cases, what_follows

Path = tuple[str | int, ...]
EDITIONS = {document["policy_id"]: document for document in shipped()}
NINTH, TWENTY = EDITIONS["cn-2022-06"], EDITIONS["cn-2022-11"]
FOR_PEOPLE = {"remarks", "sources.*.note"}
ONE_VALUE = {
    f"{category}.{stage}{name}"
    for category in ("close_contact", "discharged", "inbound")
    for stage in ("", "stages.*.")
    for name in ("counted_from", "arrival_is_day")
}
NO_DAY_PASSES = {"discharged.tests.catch_up", "discharged.tests.hours_apart"}
"""Before the first day of whoever comes home; in a later stage some may."""
_ONE_OF_A_LIST = re.compile(r"(\.\*)+$")
READ_BESIDE_THE_DATABASE = {
    "terms.decide_minutes": "terms.decide",
    "terms.next_try_minutes": "terms.next_try",
    "terms.acknowledged_minutes": "terms.acknowledged",
    "call_first_minutes": ".call_first",
    "door_sensors": ".door_sensors",
    "unusual_batch.wait_minutes": "limits.wait",
}
"""Fields that a use case compares itself, each with what it reads; tests/integration/isolation tries them."""


def whole() -> dict[str, Any]:
    """The ninth edition with every field that may be left out written down."""
    loaded = SCHEMA.load(copy.deepcopy(NINTH))
    tasks = {name: value for name, value in loaded.items() if name not in NINTH and name != "night"}
    night = {"from": "22:00", "to": "07:00", "resumes": "08:00"}
    rungs = [NINTH["ladder"][n] for n in (0, 1, 3)]
    own = {"kinds": ["supplies"], "urgent": False, "rungs": rungs, "repeat_after_minutes": 60}
    more = {"needs": NEEDS, "permits": PERMITS, "ladders": [own], "valid_to": "2023-01-01", "night": night}
    more |= {"repeat_after_minutes": 600, "places": ["62"], "symptoms": ["fever"], "door_sensors": False}
    more |= {"stays_at_home": ["under_14"], "inbound": None}  # it is tried in stages
    document = copy.deepcopy({**NINTH, **tasks, **more, "ladder": rungs})
    document["levels"]["high"]["tests"]["hours_apart"] = 24
    document["levels"]["low"]["arrival_is_day"] = 0
    document["close_contact"] = {
        **copy.deepcopy(document["levels"]["high"]),
        "measure": "home_isolation",
        "counted_from": "last_exposure",
        "arrival_is_day": 0,
    }
    return document


def in_stages() -> Iterator[dict[str, Any]]:
    """A level and each category in stages, each with every field that may be left out."""
    rule = {**whole()["levels"]["high"], "told": ["resident", "care_team"]}
    rule["tests"] = {**rule["tests"], "days": [1, 2, 3]}
    first = {**rule, "on_release": []}
    second = {**first, "measure": "home_isolation", "counted_from": "previous_stage"}
    tests = {**rule["tests"], "days": [1, 2, 5], "hours_apart": None}
    third = {**second, "measure": "self_monitoring", "tests": tests, "on_release": rule["on_release"]}

    def counted(word: str) -> dict[str, Any]:
        return copy.deepcopy({"stages": [{**first, "counted_from": word}, second, third]})

    without = {**NINTH, "close_contact": {"treat_as": "low"}, "discharged": None, "inbound": None}
    levels = {**NINTH["levels"], "high": counted("arrival")}
    levels["high"]["stages"][0]["arrival_is_day"] = 0
    entered = {**third, "counted_from": "entry"}
    yield {**without, "levels": levels, "inbound": {**entered, "tests": rule["tests"]}}
    of_levels = {"discharged": {"treat_as": "low"}, "inbound": {"treat_as": "high"}}
    yield {**without, "close_contact": counted("last_exposure"), **of_levels}
    yield {**without, "discharged": counted("discharge"), "inbound": counted("entry")}
    yield {**without, "discharged": {**third, "counted_from": "discharge"}, "inbound": entered}


def fields_of(schema: Schema, path: str = "") -> Iterator[str]:
    """The path of each field that holds a value, as `field_of` names it."""
    for name, field in schema.fields.items():
        of_it = f"{path}{field.data_key or name}"
        inner: Any = field
        while isinstance(inner, fields.Dict | fields.List):
            inner, of_it = (
                (inner.value_field if isinstance(inner, fields.Dict) else inner.inner),
                f"{of_it}.*",
            )
        if isinstance(inner, fields.Nested):
            yield from fields_of(inner.schema, f"{of_it}.")
        else:
            yield _ONE_OF_A_LIST.sub("", of_it)


def field_of(path: Path) -> str:
    """The same for all levels, kinds and items of a list."""
    keys = {*LEVELS, *NEED_KINDS, *PERMIT_KINDS}
    named = ".".join("*" if isinstance(key, int) or key in keys else key for key in path)
    return _ONE_OF_A_LIST.sub("", named)


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict | list) and value:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    elif value not in ([], {}, None):
        yield path, value


def others(value: Any) -> Iterator[Any]:
    """Values that may stand there instead, as far as the document may hold them."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value * 2, value - 1)
    elif value in (*ROLES, *TOLD_OF_CASES, *RUNGS, *MEASURES, *LEVELS, *SPECIAL_GROUPS):
        known = (ROLES, TOLD_OF_CASES, RUNGS, MEASURES, LEVELS, SPECIAL_GROUPS)
        yield from (word for words in known if value in words for word in words if word != value)
    else:
        for read, other in ((date.fromisoformat, "2022-12-01"), (time.fromisoformat, "07:30")):
            try:
                read(value)
            except ValueError:
                continue
            yield from (other, "21:30")
        yield from ("leaving", "arrival", "days_full", "tests_negative", "other-words", "63")


def changed(document: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    found = copy.deepcopy(document)
    inside: Any = found
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return found


def follows_otherwise(
    document: dict[str, Any], follows: Callable[[dict[str, Any]], Any], known: Collection[str]
) -> Iterator[str]:
    """The fields of which some other value changes what follows.

    :param known: those that need not be tried.
    """
    before = follows(document)
    assert follows(copy.deepcopy(document)) == before
    found = set(known)
    for path, value in leaves(document):
        for other in others(value):
            if (field := field_of(path)) in found:
                break
            try:
                after = follows(changed(document, path, other))
            except Refused:
                continue
            if after != before:
                found.add(field)
                yield field


def test_each_field_of_a_document_changes_what_follows() -> None:
    always = {"policy_id": "before", "valid_from": "2020-01-01", "applies_to_open_cases": False}
    another = policy_from({**NINTH, **always}, 1)
    known = {*FOR_PEOPLE, *ONE_VALUE, *NO_DAY_PASSES, *READ_BESIDE_THE_DATABASE}
    once = whole()["close_contact"]
    del once["tests"]["hours_apart"]
    for document in (
        whole(),
        {**TWENTY, "close_contact": {"treat_as": "high"}, "inbound": None},
        {**NINTH, "close_contact": once, "inbound": None},
    ):
        known |= set(follows_otherwise(document, lambda one: what_follows(one, another), known))
    for document in in_stages():
        known |= set(follows_otherwise(document, lambda one: of_cases(policy_from(one, 1)), known))
    assert set(fields_of(SCHEMA)) - known == set()
    assert known <= set(fields_of(SCHEMA))


def test_each_part_of_a_policy_is_read_by_something() -> None:
    folder = File(services.isolation.__file__ or "").parent
    known = (folder / "policies" / name for name in ("documents.py", "rules.py"))
    sources = set(folder.rglob("*.py")) - set(known)
    text = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    names = {f".{field.name}" for field in dataclasses.fields(Policy)}
    names |= {f"terms.{field.name}" for field in dataclasses.fields(Terms)}
    # Of which level a rule is is asked by tests alone.
    names |= {f"rule.{field.name}" for field in dataclasses.fields(Rule)} - {"rule.level"}
    names |= set(READ_BESIDE_THE_DATABASE.values())
    assert {name for name in names if not re.search(rf"{re.escape(name)}\b", text)} == set()
