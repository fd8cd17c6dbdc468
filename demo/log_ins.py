"""Somebody of each kind to log in as, once the day was followed: an officer, a worker, a resident, an
administrator. All of them are invented.
"""

from __future__ import annotations

import csv
import io
import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyotp

from demo.days.doors import Doors, Who
from demo.samples import STAFF, sample
from deploy.local.door_keys import door_private_key
from deploy.local.system import LocalSystem
from operations.console import invite_administrator
from operations.databases import database_of, settings_of
from services.console import door as console
from services.isolation import door as isolation

PASSWORD: Final = "lanzhou lanzhou 2022"
ADMINISTRATOR: Final = "admin"
_MOST: Final = 60
"""Households that one worker walks to in a day."""


@dataclass(frozen=True)
class LogIns:
    """:param code: of the officer, instead of an authenticator's; it counts once, as each of `codes`.
    :param worker: a link that lets one phone in.
    :param resident: the link of a household; None where none of them has one.
    """

    console: str
    officer: str
    codes: tuple[str, ...]
    worker: str
    worker_name: str
    resident: str | None
    administrator: str


def make_log_ins(system: LocalSystem) -> LogIns:
    """The officer answers for the worker's street, and the resident is one of the worker's."""
    given = system.environment()
    staff = list(csv.DictReader(io.StringIO(sample(STAFF).read_text(encoding="utf-8"))))
    doors = Doors(
        f"http://127.0.0.1:{given['DOORSTEP_DOOR_PORT']}", door_private_key(system.directory / "keys")
    )
    worker, tasks = _busy_worker(doors, staff)
    officer = _officer_above(worker["place"], staff)
    address = console.address_of(given)
    return LogIns(
        console=address,
        officer=officer["staff_id"],
        codes=officer_with_account(given, officer["staff_id"]),
        worker=link_of_worker(given, worker["staff_id"], address),
        worker_name=worker["staff_id"],
        resident=_link_of_resident(tasks, address),
        administrator=invite_administrator(given, ADMINISTRATOR, by=os.environ.get("USER") or "demo").link,
    )


def _busy_worker(doors: Doors, staff: list[dict[str, str]]) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Of most households that report temperatures, then of most; with their tasks of today."""
    walking = {one["staff_id"]: one for one in staff if one["role"] == "grid_worker"}
    district = next(one for one in staff if one["role"] == "district_officer" and one["active"] == "true")
    theirs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for task in doors.rows(Who.staff(district["staff_id"]), "isolation", "open_tasks"):
        if task["staff_id"] in walking:
            theirs[task["staff_id"]].append(task)
    if not theirs:
        return next(iter(walking.values())), []

    def households(staff_id: str) -> tuple[int, int]:
        tasks = theirs[staff_id]
        reporting, found = (
            len({task["household_id"] or task["case_id"] for task in some})
            for some in ([task for task in tasks if task["kind"] == "check_in"], tasks)
        )
        return (reporting, found) if found <= _MOST else (0, 0)

    busiest = max(sorted(theirs), key=households)
    return walking[busiest], theirs[busiest]


def _officer_above(place: str, staff: list[dict[str, str]]) -> dict[str, str]:
    """Of the street, who has hundreds of people; grids and communities of the sample begin with its code."""
    officers = [one for one in staff if one["role"] == "street_officer" and one["active"] == "true"]
    return next(one for one in officers if place.startswith(one["place"]))


def officer_with_account(given: Mapping[str, str], staff_id: str) -> tuple[str, ...]:
    """Recovery codes: a demo has no authenticator. Each logs the officer in once, with PASSWORD."""
    work = console.work_of(given, "doorstep-demo")
    try:
        with work.unit() as uow:
            link = console.INVITE(uow, staff_id, "officer", by="demo", staff_id=staff_id)
            taking_up = console.TAKING_UP(uow, link.token)
        assert taking_up, "the link was made just now"
        code = pyotp.TOTP(taking_up[1]).at(work.clock.now())
        return tuple(console.take_up(work, link.token, PASSWORD, PASSWORD, code).recovery_codes)
    finally:
        work.database.dispose()


def link_of_worker(given: Mapping[str, str], staff_id: str, address: str) -> str:
    """By which a phone is let in at the console of this address."""
    work = console.work_of(given, "doorstep-demo")
    try:
        with work.unit() as uow:
            return f"{address}/take-up/{console.ENROL(uow, staff_id, by='demo').token}"
    finally:
        work.database.dispose()


def _link_of_resident(tasks: list[dict[str, Any]], address: str) -> str | None:
    """Of a household that is to report temperatures, where there is one."""
    reporting = [task for task in tasks if task["kind"] == "check_in"]
    sealer = settings_of("isolation").sealer()
    with database_of("isolation").read() as conn:
        for task in [*reporting, *tasks]:
            household = task["household_id"] or task["case_id"]
            if token := isolation.TOKEN_OF_HOUSEHOLD(conn, sealer, household):
                return f"{address}/r/{token}"
    return None
