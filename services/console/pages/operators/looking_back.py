"""Who saw whose record and why, who said what, and what was done to accounts: by person, user and days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from flask import Blueprint, g, make_response, render_template, request
from werkzeug.wrappers import Response

from chassis.doors.tokens import Actor
from chassis.unit_of_work import Work
from contracts.faults import Refused
from field.days import day_begins, local_day
from services.console.accounts.account import read_name
from services.console.accounts.acts_of import AccountAct, acts_between
from services.console.accounts.queries import account_named
from services.console.doors import DoorAway, Doors
from services.console.pages.entry.who import acting_for_console, only_in
from services.console.pages.operators.policies import add_policies
from services.console.pages.operators.words import ABOUT, ACTS, LISTED, OUTCOMES, WAYS

_SERVICES: Final = ("isolation", "registration")


@dataclass(frozen=True, slots=True)
class Asked:
    """:param who: a member of staff, or the name of an account.
    :param about: id of a case, an arrival or a household.
    :param own_tasks: whether what workers saw as their own tasks is shown, too.
    """

    since: str
    until: str
    who: str = ""
    about: str = ""
    own_tasks: bool = False


@dataclass
class Found:
    """:param away: services whose doors did not answer.
    :param wrong: field -> what is wrong with it.
    """

    views: list[Mapping[str, Any]] = field(default_factory=list)
    acts: list[Mapping[str, Any]] = field(default_factory=list)
    of_accounts: Sequence[AccountAct] = ()
    more: bool = False
    away: list[str] = field(default_factory=list)
    wrong: set[str] = field(default_factory=set)


def make_operators(work: Work, doors: Doors) -> Blueprint:
    pages = Blueprint("operators", __name__, template_folder="templates")
    pages.add_app_template_filter(_moment, "moment_of_door")
    pages.add_app_template_filter(_who, "who_of_source")

    @pages.get("/audit")
    @only_in(work, "administrator")
    def audit() -> Response:
        asked = _asked(local_day(work.clock.now(), work.zone))
        found = _look(work, doors, asked)
        words = {"about": ABOUT, "acts": ACTS, "outcomes": OUTCOMES, "listed": LISTED, "ways": WAYS}
        page = render_template("operators/audit.html", asked=asked, found=found, words=words)
        return make_response(page, 422 if found.wrong else 200)

    add_policies(pages, work, doors)
    return pages


def _asked(today: date) -> Asked:
    """The last seven days, unless other ones are asked for."""
    given = {name: request.args.get(name, "").strip()[:60] for name in ("since", "until", "who", "about")}
    return Asked(
        given["since"] or (today - timedelta(days=6)).isoformat(),
        given["until"] or today.isoformat(),
        given["who"],
        given["about"],
        request.args.get("own_tasks") == "yes",
    )


def _look(work: Work, doors: Doors, asked: Asked) -> Found:
    found = Found()
    if not _are_days(asked):
        found.wrong.add("since")
        return found
    actor = _on_behalf()
    period = {"since": asked.since, "until": asked.until}
    source = _source_of(work, asked.who) if asked.who else None
    views = {**period, "viewer": source, "about_id": asked.about or None, "own_tasks": asked.own_tasks}
    for service in _SERVICES:
        try:
            seen = doors.look_up(service, "views", actor, views)
            found.views += seen["rows"]
            found.more |= seen["more"]
            if source:
                said = doors.look_up(service, "said", actor, {**period, "author": source})
                found.acts += said["rows"]
                found.more |= said["more"]
        except DoorAway:
            found.away.append(service)
        except Refused as refused:
            if refused.kind != "invalid":
                raise
            found.wrong |= {fault.where for fault in refused.faults}
    found.views.sort(key=lambda row: str(row["viewed_at"]), reverse=True)
    found.acts.sort(key=lambda row: str(row["handled_at"]), reverse=True)
    if not found.wrong and not asked.about:
        found.of_accounts = _of_accounts(work, asked)
    return found


def _are_days(asked: Asked) -> bool:
    """Days that are one after the other, and none at the end of the calendar."""
    try:
        since, until = date.fromisoformat(asked.since), date.fromisoformat(asked.until)
    except ValueError:
        return False
    return 1900 <= since.year <= until.year < 9000 and since <= until


def _source_of(work: Work, who: str) -> str:
    """The source that histories name: by staff number, also where the name of an account was typed."""
    name = read_name(who)
    with work.look() as uow:
        account = account_named(uow.conn, name) if name else None
    if account is None:
        return f"/console/{who}"
    return f"/console/{account.staff_id or account.name}"


def _of_accounts(work: Work, asked: Asked) -> Sequence[AccountAct]:
    since, until = date.fromisoformat(asked.since), date.fromisoformat(asked.until)
    begins, ends = day_begins(since, work.zone), day_begins(until + timedelta(days=1), work.zone)
    with work.look() as uow:
        return acts_between(uow, begins, ends, asked.who or None)


def _on_behalf() -> Actor:
    """An administrator sees no case: the record of views says that this is an audit."""
    return acting_for_console(f"audit for {g.who.account.name}")


def _moment(text: str) -> str:
    """Of what a door says, in the district's time."""
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M")


def _who(source: str) -> str:
    """Of a source as histories name it: the staff number, the link's id."""
    return source.removeprefix("/console/")
