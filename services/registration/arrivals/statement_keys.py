"""The keys of everybody whom statements name, also of those who are known only beside somebody else."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.sealing import BlindIndex
from services.registration.persons.claims import Keys
from services.registration.persons.keys import keys_beside, keys_of
from services.registration.reports.statement import Statement


def keys_of_statements(index: BlindIndex, statements: Sequence[Statement]) -> list[Keys]:
    """Who has no phone is found by name beside the first of the report who can be known alone."""
    found: list[Keys] = []
    leading: Keys | None = None
    report_id = ""
    for said in statements:
        if said.report_id != report_id:
            leading, report_id = None, said.report_id
        person = said.person
        leader = None if person.phone and person.is_identifiable else said.report.leader
        if leader is None or leader is person:
            found.append(keys_of(index, person))
            continue
        leading = leading or keys_of(index, leader)
        if person.is_identifiable:
            found.append(keys_of(index, person, leading))
        else:
            found.append(keys_beside(index, person, leading, said.report.alike_before(said.position)))
    return found
