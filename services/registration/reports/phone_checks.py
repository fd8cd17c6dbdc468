"""The checks of the phones in a report. No fault repeats the number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.faults import Fault
from services.registration.persons.person import Person
from services.registration.persons.phones import SHARED, PhoneFault, is_shared, read_phone


def check_phone(person: Person, data: Mapping[str, Any], path: str) -> Iterator[Fault]:
    """
    :param person: as the report was read: without a phone where it is not sure whose number is meant.
    :param data: the same person as the contract loaded it.
    :param path: of the person in the report.
    """
    fault: object = None
    if person.phone is None:
        fault = read_phone(data["phone"], person.country) if data.get("phone") else None
    elif not person.identity_number and is_shared(person.phone):  # one name and 400 number may be many people
        fault = SHARED
    if isinstance(fault, PhoneFault):
        yield Fault(f"{path}.phone", fault.code, fault.message)
