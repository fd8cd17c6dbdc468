"""Every column that can hold something personal says what becomes of it when a case is stripped."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import pytest

from chassis.database import personal
from chassis.database.tables import TABLES

SERVICES = ("registration", "isolation", "notification", "console")
Named = Mapping[str, tuple[str, ...]]


def declared(service: str) -> tuple[Named, ...]:
    """What the service says of its own tables, and the chassis of those that each service has."""
    own = import_module(f"services.{service}.retention.columns")
    return own.STRIPPED, own.KEPT, personal.FORGOTTEN, personal.KEPT


@pytest.mark.parametrize("service", SERVICES)
def test_each_column_that_may_be_personal_is_named_once(service: str) -> None:
    import_module(f"services.{service}.tables")
    tables = import_module(f"services.{service}.metadata").metadata.tables
    named = [(table, name) for part in declared(service) for table, names in part.items() for name in names]
    assert len(named) == len(set(named)), "a column is named twice"
    there = {(table.name, column.name) for table in tables.values() for column in table.columns}
    assert set(named) <= there, "a column is named that is not there"
    asked = {
        (table.name, column.name)
        for table in tables.values()
        for column in table.columns
        if personal.may_be_personal(column)
    }
    assert asked <= set(named), "say in retention/columns.py what becomes of it when a case is stripped"


def test_what_is_sealed_is_not_kept_without_a_word() -> None:
    """The comments of the tables say which columns are sealed; those of residents are stripped."""
    kept = import_module("services.isolation.retention.columns").KEPT
    for table, names in kept.items():
        for name in names:
            assert not (name in ("person", "sealed", "contact", "note", "text") and table != "staff"), table


def test_the_chassis_names_all_of_its_tables() -> None:
    assert set(TABLES) == {*personal.FORGOTTEN, *personal.KEPT}
