"""The console's first account: who has the shell makes it, everything else is done at the console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chassis.database.migrations import is_current
from contracts.faults import Refused
from operations.databases import has_tables
from operations.errors import Conflict, NotSetUp, WrongInput
from operations.services import CONSOLE
from services.console import door as console


@dataclass(frozen=True)
class OneTimeLink:
    """:param link: opens the account once; it is kept nowhere.
    :param until: UTC, real time.
    """

    name: str
    link: str
    until: datetime


def invite_administrator(environment: Mapping[str, str], name: str, *, by: str) -> OneTimeLink:
    """Of a new administrator, or of one who has lost password and authenticator.

    Raises SettingsError, NotSetUp, WrongInput (no such name can be), Conflict (it is somebody else's).
    """
    work = console.work_of(environment, "doorstep-cli")
    try:
        if not has_tables(work.database) or not is_current(CONSOLE, work.database):
            raise NotSetUp(
                f"the console has no tables of this version in {work.database.describe()}: "
                "run `doorstep migrate console`"
            )
        with work.unit() as uow:
            invited = console.INVITE_ADMINISTRATOR(uow, name, by=f"shell:{by}")
    except Refused as refused:
        raise (WrongInput if refused.kind == "invalid" else Conflict)(str(refused)) from None
    finally:
        work.database.dispose()
    link = f"{console.address_of(environment)}/take-up/{invited.token}"
    return OneTimeLink(invited.account, link, invited.expires_at)
