"""Whatever a policy's document says is in the policy that the rules get, and something reads it there."""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path as File
from typing import Any

import services.isolation
from contracts.faults import Refused
from field.words import LEVELS, MEASURES, ROLES
from services.isolation.policies.documents import policy_from, shipped
from services.isolation.policies.rules import Policy
from services.isolation.policies.schema import NEEDS, PERMITS, SCHEMA

Path = tuple[str | int, ...]
NINTH = next(document for document in shipped() if document["policy_id"] == "cn-2022-06")
FOR_PEOPLE = {"sources", "remarks"}
NOT_YET_READ = {"told", "missed_check_ins"}
"""As the schema says of them."""


def whole() -> dict[str, Any]:
    """The ninth edition with every field that may be left out written down."""
    loaded = SCHEMA.load(copy.deepcopy(NINTH))
    tasks = {name: value for name, value in loaded.items() if name not in NINTH and name != "night"}
    night = {"from": "22:00", "to": "07:00", "resumes": "08:00"}
    own = {"kinds": ["supplies"], "urgent": False, "rungs": NINTH["ladder"], "repeat_after_minutes": 60}
    more = {"needs": NEEDS, "permits": PERMITS, "ladders": [own], "valid_to": "2023-01-01", "night": night}
    more |= {"repeat_after_minutes": 600, "places": ["62"], "symptoms": ["fever"], "door_sensors": False}
    return copy.deepcopy({**NINTH, **tasks, **more})


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if path and path[-1] in FOR_PEOPLE | NOT_YET_READ:
        return
    if isinstance(value, dict | list) and value:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    elif value not in ([], {}, None):
        yield path, value


def others(value: Any) -> Iterator[Any]:
    """Values that may stand there instead: of these the first that the document may hold is taken."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value - 1)
    elif value in ROLES:
        yield from (role for role in ROLES if role != value)
    elif value in MEASURES or value in LEVELS:
        yield from (word for word in (*MEASURES, *LEVELS) if word != value)
    else:
        for read, other in ((date.fromisoformat, "2022-12-01"), (time.fromisoformat, "07:30")):
            try:
                read(value)
            except ValueError:
                continue
            yield from (other, "21:30")
        yield from ("leaving", "arrival", "days_full", "tests_negative", "district", "other-words", "63")


def changed(document: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    found = copy.deepcopy(document)
    inside: Any = found
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return found


def test_each_value_of_a_document_makes_another_policy() -> None:
    document = whole()
    before = repr(policy_from(document, 1))
    assert repr(policy_from(whole(), 1)) == before
    tried: set[str | int] = set()
    unread: list[str] = []
    for path, value in leaves(document):
        for other in others(value):
            if other == value:
                continue
            try:
                after = repr(policy_from(changed(document, path, other), 1))
            except Refused:
                continue
            tried |= set(path)
            if after == before:
                unread.append(".".join(map(str, path)))
            break
    assert unread == []
    every = {field.data_key or name for name, field in SCHEMA.fields.items()}
    assert every - tried == FOR_PEOPLE, "each field was changed once"


def test_each_part_of_a_policy_is_read_by_something() -> None:
    folder = File(services.isolation.__file__ or "").parent
    known = (folder / "policies" / name for name in ("documents.py", "rules.py"))
    sources = set(folder.rglob("*.py")) - set(known)
    text = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    names = {field.name for field in dataclasses.fields(Policy)}
    assert {name for name in names if not re.search(rf"\.{name}\b", text)} == set()
