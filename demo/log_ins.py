"""Somebody of each kind to log in as, once the day was followed: a worker, a resident, officers, an
administrator; and what each can try. All of them are invented.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import pyotp

from demo.cast import Cast, Member
from deploy.local.system import LocalSystem
from operations.console import invite_administrator
from operations.databases import database_of, settings_of
from services.console import door as console
from services.isolation import door as isolation

PASSWORD: Final = "lanzhou lanzhou 2022"
ADMINISTRATOR: Final = "admin"


@dataclass(frozen=True)
class OfficerLogIn:
    """:param codes: instead of an authenticator's; each counts once."""

    member: Member
    codes: tuple[str, ...]


@dataclass(frozen=True)
class LogIns:
    """:param worker: a link that lets one phone in.
    :param resident: the link of a household; None where none of the worker's has one.
    :param results: a file with results of tests to paste.
    :param now: the time of the field.
    """

    console: str
    cast: Cast
    worker: str
    resident: str | None
    street: OfficerLogIn
    community: OfficerLogIn
    administrator: str
    results: Path
    now: datetime


def make_log_ins(system: LocalSystem, cast: Cast, results: Path, now: datetime) -> LogIns:
    given = system.environment()
    address = console.address_of(given)

    def officer(member: Member) -> OfficerLogIn:
        return OfficerLogIn(member, officer_with_account(given, member["staff_id"]))

    return LogIns(
        console=address,
        cast=cast,
        worker=link_of_worker(given, cast.worker["staff_id"], address),
        resident=_link_of(cast.household, address),
        street=officer(cast.street_officer),
        community=officer(cast.community_officer),
        administrator=invite_administrator(given, ADMINISTRATOR, by=os.environ.get("USER") or "demo").link,
        results=results,
        now=now,
    )


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


def _link_of(household: str | None, address: str) -> str | None:
    if household is None:
        return None
    sealer = settings_of("isolation").sealer()
    with database_of("isolation").read() as conn:
        token = isolation.TOKEN_OF_HOUSEHOLD(conn, sealer, household)
    return f"{address}/r/{token}" if token else None
